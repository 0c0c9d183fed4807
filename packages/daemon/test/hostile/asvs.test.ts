/**
 * The items of OWASP ASVS 5.0 that concern this product, one test each, named by their number. What an item asks for is
 * said in a few words; where it cannot apply, the test holds what takes its place, and docs/security.md says why.
 */
import { readFileSync, statSync } from "node:fs";
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
import { httpRig } from "../http/http-rig.ts";
import { problemsOf, web } from "../manifest/project.ts";
import { call, own, ping, sources } from "./asvs-rig.ts";

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
