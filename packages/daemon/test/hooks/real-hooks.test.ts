import { execFileSync } from "node:child_process";
import { createHmac } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:https";
import { createServer as listenTcp } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { usualWebhook } from "../../src/hooks/hook-spec.ts";
import { postWebhook } from "../../src/hooks/post-webhook.ts";
import type { AppSpec } from "../../src/spec/app-spec.ts";
import { appSpec, projectSpec, restart } from "../fakes/app-spec.ts";
import { type RealDaemon, realDaemon, until } from "../real/real-daemon.ts";
import { type Received, receiver } from "./receiver.ts";

let directory = "";
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "holdfast-hooks-"));
});
const daemons: RealDaemon[] = [];
afterEach(async () => {
  for (const each of daemons.splice(0)) await each.end();
  rmSync(directory, { recursive: true, force: true });
});

const post = (url: string, abort = new AbortController().signal) =>
  postWebhook({ url, headers: { "webhook-id": "msg_1" }, body: '{"a":1}', at: 0 }, abort);

describe("a real request", () => {
  test("is a POST of JSON with the headers that were given, and its status is the answer", async () => {
    const server = await receiver();
    expect(await post(server.url)).toEqual({ kind: "status", status: 204 });
    expect(server.received).toMatchObject([
      { method: "POST", path: "/hook", body: '{"a":1}', headers: { "content-type": "application/json" } },
    ]);
    expect(server.received[0]?.headers["webhook-id"]).toBe("msg_1");
  });

  test.each([410, 429, 500])("%i and Retry-After are told", async (status) => {
    const server = await receiver();
    server.answer = (reply) => reply.writeHead(status, { "Retry-After": "7" }).end("no");
    expect(await post(server.url)).toEqual({ kind: "status", status, retryAfterMs: 7_000 });
  });

  test("follows no redirect: what it is sent to must stand in the manifest", async () => {
    const [first, second] = [await receiver(), await receiver()];
    first.answer = (reply) => reply.writeHead(307, { Location: second.url }).end();
    expect(await post(first.url)).toEqual({ kind: "status", status: 307 });
    expect(second.received).toEqual([]);
  });

  test("is ended when its time is over, and reads no endless body", async () => {
    const server = await receiver();
    server.answer = () => undefined;
    const abort = new AbortController();
    const answer = post(server.url, abort.signal);
    await until(
      () => server.received.length === 1,
      () => "nothing came",
    );
    abort.abort();
    expect(await answer).toEqual({ kind: "failed", error: "it did not answer in time" });
    server.answer = (reply) => {
      reply.writeHead(200);
      const more = (): void => {
        while (reply.write("x".repeat(65_536)));
        reply.once("drain", more);
      };
      more();
    };
    expect(await post(server.url)).toEqual({ kind: "status", status: 200 });
  });

  test("to nobody, to something that is no server, or to one that hangs up, says why and throws nothing", async () => {
    const odd = listenTcp((socket) => socket.end("nonsense\r\n\r\n"));
    const rude = listenTcp((socket) => socket.destroy());
    for (const server of [odd, rude])
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const urlOf = (server: typeof odd): string => {
      const address = server.address();
      return `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}/`;
    };
    expect(await post(urlOf(odd))).toMatchObject({ kind: "failed" });
    expect(await post(urlOf(rude))).toMatchObject({ kind: "failed" });
    const gone = urlOf(odd);
    for (const server of [odd, rude]) server.close();
    expect(await post(gone)).toMatchObject({
      kind: "failed",
      error: expect.stringContaining("ECONNREFUSED"),
    });
  });

  test("12.1.1: a certificate that nobody vouches for is refused, whatever the environment says", async () => {
    const [key, cert] = [join(directory, "key.pem"), join(directory, "cert.pem")];
    const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"];
    execFileSync(
      "openssl",
      [
        "req",
        "-x509",
        "-newkey",
        "ed25519",
        "-nodes",
        "-keyout",
        key,
        "-out",
        cert,
        "-days",
        "1",
        ...subject,
      ],
      { stdio: "ignore" },
    );
    let asked = 0;
    const server = createServer({ key: readFileSync(key), cert: readFileSync(cert) }, (_request, reply) => {
      asked++;
      reply.end();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void server.close());
    const address = server.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const before = process.env["NODE_TLS_REJECT_UNAUTHORIZED"];
    process.env["NODE_TLS_REJECT_UNAUTHORIZED"] = "0";
    try {
      const answer = await post(`https://localhost:${port}/`);
      expect([answer.kind, asked]).toEqual(["failed", 0]);
    } finally {
      if (before === undefined) delete process.env["NODE_TLS_REJECT_UNAUTHORIZED"];
      else process.env["NODE_TLS_REJECT_UNAUTHORIZED"] = before;
    }
  });
});

describe("on a real daemon", () => {
  async function up(apps: readonly AppSpec[], url?: string): Promise<RealDaemon> {
    const real = await realDaemon();
    daemons.push(real);
    const secretFile = join(directory, "hook.secret");
    writeFileSync(secretFile, "whsec_c2VjcmV0\n");
    const hook = { name: "ops", ...usualWebhook, events: ["state.failed"], secretFile };
    real.daemon.apply(projectSpec(apps, url === undefined ? {} : { webhooks: [{ ...hook, url }] }));
    return real;
  }
  const script = (text: string): AppSpec["command"] => ({
    kind: "shell",
    script: text,
    shell: ["/bin/sh", "-c"],
  });

  test("a crash reaches a webhook that failed first, signed so that the receiver can check it", async () => {
    const server = await receiver();
    server.answer = (reply) => reply.writeHead(server.received.length === 1 ? 500 : 200).end();
    await up([appSpec("web", { command: script("exit 3") })], server.url);
    await until(
      () => server.received.length === 2,
      () => JSON.stringify(server.received),
    );
    const [first, second] = server.received;
    const { headers = {}, body = "" }: Partial<Received> = second ?? {};
    expect(headers["webhook-id"]).toBe(first?.headers["webhook-id"]);
    const signed = `${headers["webhook-id"] as string}.${headers["webhook-timestamp"] as string}.${body}`;
    const expected = createHmac("sha256", Buffer.from("c2VjcmV0", "base64")).update(signed).digest("base64");
    expect(headers["webhook-signature"]).toBe(`v1,${expected}`);
    expect(JSON.parse(body)).toMatchObject({
      type: "state.failed",
      data: { name: "web", app: { exit: { code: 3 } } },
    });
  });

  test("on_exit runs in the app's directory and environment, and what it says is told when it fails", async () => {
    const file = join(directory, "out");
    const command = script(
      `echo "$PWD $GREETING $HOLDFAST_APP $HOLDFAST_RESULT $HOLDFAST_EXIT_CODE" >> ${file}; echo broken >&2; exit 9`,
    );
    const onExit = { command, when: "failure", timeoutMs: 5_000 } as const;
    const environment = { GREETING: "hello", PATH: "/usr/bin:/bin" };
    const real = await up([
      appSpec("web", { command: script("exit 3"), workingDir: directory, environment, onExit }),
    ]);
    const events = () => real.daemon.events.read(0).filter(({ type }) => type === "hook");
    await until(
      () => events().length > 0,
      () => JSON.stringify(real.daemon.list()),
    );
    expect(readFileSync(file, "utf8")).toBe(`${directory} hello web failure 3\n`);
    expect(events()[0]?.message).toBe("on_exit of web failed: it exited with code 9: broken");
  });

  test("an on_exit that hangs is killed with all it started when its time is over", async () => {
    const file = join(directory, "pid");
    const onExit = {
      command: script(`sleep 1000 & echo $! > ${file}; wait`),
      when: "failure",
      timeoutMs: 300,
    } as const;
    const real = await up([appSpec("web", { command: script("exit 3"), onExit, ...restart("never") })]);
    const told = () => real.daemon.events.read(0).find(({ type }) => type === "hook")?.message;
    await until(
      () => told() !== undefined,
      () => JSON.stringify(real.daemon.list()),
    );
    expect(told()).toContain("it took longer than 0.3 s and was killed");
    const pid = readFileSync(file, "utf8").trim();
    await until(
      () => !existsSync(`/proc/${pid}`) || readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z "),
      () => `${pid} lives`,
    );
  });
});
