/**
 * The items of OWASP ASVS 5.0 that concern this product, one test each, named by their number. What an item asks for is
 * said in a few words; where it cannot apply, the test holds what takes its place, and docs/security.md says why.
 */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "@holdfast/runtime";
import { describe, expect, onTestFinished, test } from "vitest";
import type { WebSocket } from "ws";
import { auditFile } from "../../src/api/audit.ts";
import { webhookUrlFault } from "../../src/hooks/hook-spec.ts";
import { readOrMakeToken } from "../../src/http/token-file.ts";
import { LogBook } from "../../src/logs/log-book.ts";
import { argvOf } from "../../src/runner/argv.ts";
import { appNamePattern } from "../../src/spec/app-name.ts";
import { appSpec, projectSpec } from "../fakes/app-spec.ts";
import { type HttpRig, httpRig, token } from "../http/http-rig.ts";
import { problemsOf, web } from "../manifest/project.ts";

const ping = call("system.healthz");

function call(method: string, params: unknown = {}): string {
  return JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
}

/** A browser's cookie, as it is set. */
async function cookieOf({ ask, sessions, server }: HttpRig): Promise<string> {
  const { headers } = await ask("/login", {
    method: "POST",
    token: null,
    body: JSON.stringify({ code: sessions.makeCode("operate") }),
    headers: { "Content-Type": "application/json", Origin: server.url, "Sec-Fetch-Site": "same-origin" },
  });
  return headers["set-cookie"]?.[0] ?? "";
}

const sources = (directory: string): readonly string[] =>
  readdirSync(directory, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => join(directory, name));
const own = new URL("../../src", import.meta.url).pathname;

describe("V1 Encoding and Sanitization", () => {
  test("1.2.5: no text of a caller's becomes a command line: programs get lists", () => {
    const hostile = "; rm -rf / $(x) `y` | z";
    expect(argvOf({ kind: "exec", argv: ["/bin/echo", hostile] })).toEqual(["/bin/echo", hostile]);
    for (const file of sources(own)) {
      const text = readFileSync(file, "utf8");
      expect([
        file,
        /import \{[^}]*\bexec(Sync)?\b[^}]*\} from "node:child_process"|shell: true/.test(text),
      ]).toEqual([file, false]);
    }
  });

  test("1.3.12: no expression repeats what repeats, unless what it repeats cannot begin what follows", () => {
    const repeated = /\((?:\?:)?[^()|]*[+*]\)[+*]/;
    const literal = /(?<=[=(,:\s])\/(?![*/])(?:\\.|\[(?:\\.|[^\]\\])*\]|[^/\n\\])+\/[a-z]*/g;
    const found = sources(own).flatMap((file) =>
      [...readFileSync(file, "utf8").matchAll(literal)]
        .filter(([text]) => repeated.test(text))
        .map(() => file.slice(own.length + 1)),
    );
    // Each of these goes on with a backslash or a dot, which nothing before it can be. `parsers.test.ts` measures them.
    expect(found).toEqual([
      "manifest/dotenv.ts",
      "manifest/dotenv.ts",
      "manifest/process-compose/template-parse.ts",
    ]);
  });

  test("1.5.2: what comes in is plain JSON of a known shape: unknown members and wrong types are refused", async () => {
    const { post } = await httpRig();
    for (const params of [{ project: "shop", extra: 1 }, { project: {} }, { project: ["shop"] }, "shop", 7]) {
      expect([params, (await post(call("apps.list", params))).text]).toEqual([
        params,
        expect.stringMatching(/-3260[02]/),
      ]);
    }
  });

  test("1.5.3: every transport reads JSON by the one parser, as UTF-8, and the later of two equal names", async () => {
    const rig = await httpRig();
    const twice = '{"jsonrpc":"2.0","id":1,"method":"apps.stop","method":"system.healthz"}';
    expect((await rig.post(twice)).text).toContain('"ok":true');
    const socket = (await rig.openWebSocket()) as WebSocket;
    const answer = new Promise<string>(
      (resolve) => void socket.once("message", (data: Buffer) => resolve(data.toString())),
    );
    socket.send(twice);
    expect(await answer).toContain('"ok":true');
  });
});

test("2.4.1: a client that asks without end is held to limits, and others are answered", async () => {
  const rig = await httpRig();
  expect((await rig.post(`[${Array(101).fill(ping).join()}]`)).text).toContain("more than 100 in a batch");
  // One-time codes cannot be tried out: each is 256 bits, and a wrong one takes nothing from the right one.
  const code = rig.sessions.makeCode("read");
  for (let tries = 0; tries < 1_000; tries++) expect(rig.sessions.logIn(`wrong ${tries}`)).toBeUndefined();
  expect(rig.sessions.logIn(code)).toBeDefined();
  expect((await rig.post(ping)).status).toBe(200);
});

describe("V3 Web Frontend Security", () => {
  test("3.3.1: the cookie has no Secure, since it never leaves the loopback; anything else is not served", async () => {
    const rig = await httpRig();
    expect(await cookieOf(rig)).not.toContain("Secure");
    expect(rig.server.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  });

  test("3.3.2: the cookie is sent with requests of our own pages alone", async () => {
    expect(await cookieOf(await httpRig())).toContain("SameSite=Strict");
  });

  test("3.3.3: the cookie is for this host alone, and named after its port: __Host- needs TLS", async () => {
    const rig = await httpRig();
    const cookie = await cookieOf(rig);
    expect(cookie).toMatch(new RegExp(`^holdfast-${rig.server.port}=`));
    expect([cookie.includes("Domain="), cookie.includes("Path=/;")]).toEqual([false, true]);
  });

  test("3.3.4: scripts cannot read the cookie, and it is told in Set-Cookie alone", async () => {
    const rig = await httpRig();
    expect(await cookieOf(rig)).toContain("HttpOnly");
    const secret = (await cookieOf(rig)).split(";")[0]?.split("=")[1] ?? "";
    const headers = { Cookie: `holdfast-${rig.server.port}=${secret}` };
    expect((await rig.ask("/session", { token: null, headers })).text).not.toContain(secret);
  });

  test("3.5.1: a request with a cookie and no sign of coming from our own page is refused or harmless", async () => {
    const rig = await httpRig();
    const headers = { Cookie: (await cookieOf(rig)).split(";")[0] ?? "", Origin: "http://evil.example" };
    expect((await rig.post(ping, { token: null, headers })).status).toBe(403);
  });

  test("3.5.2: no request that a page can send without asking first is taken", async () => {
    const rig = await httpRig();
    for (const type of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
      expect((await rig.post(ping, { headers: { "Content-Type": type } })).status).toBe(415);
    const preflight = await rig.ask("/rpc", {
      method: "OPTIONS",
      headers: { Origin: "http://evil.example" },
    });
    expect([preflight.status, preflight.headers["access-control-allow-origin"]]).toEqual([403, undefined]);
  });

  test("3.5.3: what changes something is a POST", async () => {
    const rig = await httpRig();
    for (const path of ["/rpc", "/login", "/logout"])
      expect([path, (await rig.ask(`${path}?method=apps.stop`)).status]).toEqual([path, 405]);
  });

  test("3.5.5: nothing listens to messages of other windows", () => {
    const pages = new URL("../../../web/src", import.meta.url).pathname;
    for (const file of readdirSync(pages, { recursive: true, encoding: "utf8" }).filter((name) =>
      /\.tsx?$/.test(name),
    ))
      expect([
        file,
        /addEventListener\(\s*["'`]message["'`]|onmessage/.test(
          onlyWindow(readFileSync(join(pages, file), "utf8")),
        ),
      ]).toEqual([file, false]);
  });

  test("3.5.7: no answer with anybody's data is a script", async () => {
    const rig = await httpRig();
    for (const path of ["/readyz", "/metrics", "/session"]) {
      const { headers } = await rig.ask(path);
      expect([path, String(headers["content-type"])]).toEqual([
        path,
        expect.not.stringContaining("javascript"),
      ]);
      expect(headers["x-content-type-options"]).toBe("nosniff");
    }
  });

  test("3.5.8: other sites cannot load what is ours", async () => {
    const rig = await httpRig();
    const { headers } = await rig.ask("/healthz");
    expect(headers["cross-origin-resource-policy"]).toBe("same-origin");
    for (const site of ["cross-site", "same-site"])
      expect((await rig.ask("/metrics", { headers: { "Sec-Fetch-Site": site } })).status).toBe(403);
  });
});

describe("V4 API and Web Service", () => {
  test("4.1.1: every answer with a body says what it is", async () => {
    const rig = await httpRig();
    for (const path of ["/healthz", "/readyz", "/metrics", "/nowhere", "/rpc"]) {
      const { headers, text } = await rig.ask(path);
      if (text !== "")
        expect([path, headers["content-type"]]).toEqual([path, expect.stringMatching(/json|charset=utf-8/)]);
    }
    expect((await rig.post(ping)).headers["content-type"]).toBe("application/json");
  });

  test("4.1.3: what intermediaries say of a client is not believed: there are none", async () => {
    const rig = await httpRig();
    const headers = {
      "X-Forwarded-For": "127.0.0.1",
      "X-Forwarded-Host": "localhost",
      "X-Real-IP": "127.0.0.1",
      Forwarded: "for=127.0.0.1;host=localhost",
      "X-Forwarded-User": "root",
    };
    expect((await rig.post(ping, { token: null, headers })).status).toBe(401);
    expect((await rig.post(ping, { headers: { ...headers, Host: "evil.example" } })).status).toBe(421);
  });

  test("4.1.4: methods that nothing needs are refused, also by another name", async () => {
    const rig = await httpRig();
    for (const method of ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
      expect([method, (await rig.ask("/rpc", { method })).status]).toEqual([method, 405]);
    const override = { "X-HTTP-Method-Override": "POST", "Content-Type": "application/json" };
    expect((await rig.ask("/rpc", { headers: override })).status).toBe(405);
  });

  test("4.2.1: a request whose length is said twice, or in two ways, is none", async () => {
    const { raw } = await httpRig();
    const head = `POST /rpc HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\nConnection: close\r\n`;
    for (const lengths of [
      "Content-Length: 5\r\nTransfer-Encoding: chunked",
      "Content-Length: 5\r\nContent-Length: 50",
      "Transfer-Encoding: chunked, identity",
      "Transfer-Encoding: xchunked",
      "Content-Length: +5",
      "Content-Length: 0x5",
    ]) {
      const answer = await raw(
        `${head}${lengths}\r\n\r\n0\r\n\r\nGET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n`,
      );
      // One refusal, or the end without a word, and never an answer to what is hidden behind.
      expect([lengths, answer.split("HTTP/1.1 ").length <= 2, answer.includes(" 200 ")]).toEqual([
        lengths,
        true,
        false,
      ]);
    }
  });

  test("4.4.1: the WebSocket is in plain text on the loopback, and nowhere else", async () => {
    const rig = await httpRig();
    expect(new URL(rig.server.url).hostname).toBe("127.0.0.1");
  });

  test("4.4.2: a WebSocket of another site is refused at its handshake", async () => {
    const rig = await httpRig();
    const headers = { Authorization: `Bearer ${token}`, Origin: "http://evil.example" };
    expect(await rig.openWebSocket(headers)).toBe(403);
    expect(await rig.openWebSocket({ ...headers, Origin: "null" })).toBe(403);
  });

  test("4.4.3: a WebSocket has no token of its own: it is let in by the session or the token, or not at all", async () => {
    const rig = await httpRig();
    expect(await rig.openWebSocket({})).toBe(401);
    const Cookie = (await cookieOf(rig)).split(";")[0] ?? "";
    expect(typeof (await rig.openWebSocket({ Cookie, Origin: rig.server.url }))).toBe("object");
  });

  test("4.4.4: a session that ends takes its WebSocket with it", async () => {
    const rig = await httpRig();
    const Cookie = (await cookieOf(rig)).split(";")[0] ?? "";
    const socket = (await rig.openWebSocket({ Cookie, Origin: rig.server.url })) as WebSocket;
    const closed = new Promise<void>((resolve) => void socket.once("close", () => resolve()));
    const headers = { Cookie, Origin: rig.server.url, "Content-Type": "application/json" };
    await rig.ask("/logout", { method: "POST", token: null, body: "{}", headers });
    await closed;
    expect(await rig.openWebSocket({ Cookie, Origin: rig.server.url })).toBe(401);
  });
});

describe("V5 File Handling", () => {
  const hostile = [
    "..",
    "../x",
    "a/../../x",
    "/etc/passwd",
    "a\\b",
    "a\0b",
    ".hidden",
    "x/y",
    "%2e%2e",
    " ",
    "",
    "a".repeat(64),
  ];

  test("5.3.2: names that become paths are of few letters, and never lead elsewhere", async () => {
    const rig = await httpRig();
    for (const name of hostile) {
      expect([name, appNamePattern.test(name)]).toEqual([name, false]);
      const spec = projectSpec([appSpec(name)]);
      expect([name, (await rig.post(call("apps.apply", { spec }))).text.includes("-32602")]).toEqual([
        name,
        true,
      ]);
      const log = await rig.post(call("logs.read", { targets: [{ project: name, name }] }));
      expect([name, log.text.includes('"error"')]).toEqual([name, true]);
    }
    for (const path of [
      "/../../etc/passwd",
      "/%2e%2e/%2e%2e/etc/passwd",
      "/assets/../../token",
      "/..%2ftoken",
      "//etc/passwd",
    ])
      expect([path, (await rig.ask(path)).text.includes("root:")]).toEqual([path, false]);
    const output = new LogBook("/home/h/apps", systemClock).of({ project: "a", name: "b", instance: 1 });
    expect(output.log.path).toBe("/home/h/apps/a/b/1.log");
  });

  test("5.3.3: no archive is unpacked: nothing in it could name a place", () => {
    for (const file of sources(own))
      expect([
        file,
        /node:zlib"|gunzip|inflate|\bunzip\b|\btar\b.*spawn/.test(readFileSync(file, "utf8")) &&
          !/sealed-json|state-backup|pages|http-server|crc32/.test(readFileSync(file, "utf8") + file),
      ]).toEqual([file, false]);
  });
});

describe("V12 Secure Communication", () => {
  test("12.1.1: what goes out over TLS takes what Node takes by default: 1.2 and 1.3, with certificates checked", async () => {
    const { DEFAULT_MIN_VERSION, DEFAULT_MAX_VERSION } = await import("node:tls");
    expect([DEFAULT_MIN_VERSION, DEFAULT_MAX_VERSION]).toEqual(["TLSv1.2", "TLSv1.3"]);
    for (const file of sources(own)) {
      const text = readFileSync(file, "utf8");
      expect([file, /rejectUnauthorized: false|minVersion|secureProtocol/.test(text)]).toEqual([file, false]);
    }
  });

  test("12.3.1: nothing goes beyond the loopback in plain text", () => {
    expect(webhookUrlFault("http://hooks.example/")).toBeDefined();
    expect(problemsOf(`webhooks: { ops: { url: 'http://10.0.0.1/' } }\n${web("command: x")}`)).toHaveLength(
      1,
    );
  });
});

test("13.3.2: the token is readable by its user alone, and given to no app", async () => {
  const directory = await mkdtemp(join(tmpdir(), "holdfast-asvs-"));
  onTestFinished(async () => await rm(directory, { recursive: true }));
  readOrMakeToken(join(directory, "token"));
  expect(statSync(join(directory, "token")).mode & 0o777).toBe(0o600);
});

test("15.2.2: calls that could be dear are bounded: lines, events, targets, depth and size", async () => {
  const rig = await httpRig();
  rig.fake.daemon.apply(projectSpec([appSpec("web")]));
  const many = Array.from({ length: 10_001 }, () => ({ project: "shop" }));
  for (const text of [
    call("apps.stop", { targets: many }),
    `[${"[".repeat(65)}`,
    `"${"a".repeat(1_048_576)}"`,
  ])
    expect((await rig.post(text)).text).toMatch(/-32602|-32700|more than/);
  expect((await rig.post(ping)).status).toBe(200);
});

test("15.2.4: every package comes from where the lock file says, with its hash", () => {
  const lock = readFileSync(new URL("../../../../package-lock.json", import.meta.url), "utf8");
  const { packages } = JSON.parse(lock) as {
    packages: Record<string, { resolved?: string; integrity?: string; link?: boolean; dev?: boolean }>;
  };
  // Of tools for other machines nothing is installed here; `test/lock.test.ts` holds the rest of the file.
  for (const [path, { resolved, integrity, link, dev }] of Object.entries(packages)) {
    if (!path.includes("node_modules/") || link === true || dev === true) continue;
    expect([path, integrity?.startsWith("sha512-"), resolved?.startsWith("https://") ?? true]).toEqual([
      path,
      true,
      true,
    ]);
  }
});

describe("V16 Security Logging", () => {
  test("16.4.1: what is written down is one line of JSON: no text of a caller's begins another", async () => {
    const directory = await mkdtemp(join(tmpdir(), "holdfast-asvs-"));
    onTestFinished(async () => await rm(directory, { recursive: true }));
    const path = join(directory, "audit.log");
    const write = auditFile(path, () => undefined);
    write({
      time: "t",
      by: 'x"\n{"by":"root"}',
      method: "m\r\n",
      about: ["\u001b[2J\u2028"],
      outcome: "done",
    });
    const lines = readFileSync(path, "utf8").trimEnd().split(/\r?\n/);
    expect(lines).toHaveLength(1);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    expect(lines[0]).not.toMatch(/[\u0000-\u001f]/);
  });

  test("16.4.2: who may not be the daemon may not read or change what was written", async () => {
    const directory = await mkdtemp(join(tmpdir(), "holdfast-asvs-"));
    onTestFinished(async () => await rm(directory, { recursive: true }));
    const path = join(directory, "audit.log");
    auditFile(path, () => undefined)({ time: "t", by: "b", method: "m", about: [], outcome: "done" });
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const rig = await httpRig();
    for (const file of ["/audit.log", "/daemon.log", "/state.db", "/token"])
      expect([file, (await rig.ask(file)).status]).toEqual([file, 404]);
  });
});

/** Workers and sockets have messages too: what is looked for is a window's. */
function onlyWindow(text: string): string {
  return text
    .split("\n")
    .filter((line) => /window|globalThis|^\s*(addEventListener|onmessage)/.test(line))
    .join("\n");
}
