/** F16: what clients do that mean no good, or are broken, and that the others are served meanwhile. */
import { connect, type Socket } from "node:net";
import type { EventPage } from "@holdfast/relay/protocol";
import { defaultQuota, openSqliteStore } from "@holdfast/relay/server";
import { systemClock } from "@holdfast/runtime";
import { VirtualClock } from "@holdfast/runtime/testing";
import { expect, onTestFinished, test } from "vitest";
import { type OpenRelay, openRelay } from "./open-relay.ts";

/** A bare connection; resolves with all that comes back when the relay ends it. */
function raw(url: string, text = ""): Promise<{ readonly socket: Socket; readonly closed: Promise<string> }> {
  const { hostname, port } = new URL(url);
  const { promise, resolve } = Promise.withResolvers<{ socket: Socket; closed: Promise<string> }>();
  const socket = connect(Number(port), hostname);
  let got = "";
  socket.on("data", (chunk) => {
    got += chunk.toString("latin1");
  });
  socket.on("error", () => undefined);
  const closed = new Promise<string>((done) => void socket.once("close", () => done(got)));
  socket.once("connect", () => {
    socket.write(text);
    resolve({ socket, closed });
  });
  onTestFinished(() => void socket.destroy());
  return promise;
}

async function isServed(relay: OpenRelay, post: string): Promise<boolean> {
  const body = JSON.stringify({ at: systemClock.monotonic() });
  return (await relay.post("alice", post, body)).status === 201;
}

test("500 connections that never finish their headers are ended in time, and nobody waits for them", async () => {
  const relay = await openRelay({ limits: { headersTimeoutMs: 500 } });
  const { post } = await relay.slot("alice");
  const slow = await Promise.all(
    Array.from({ length: 500 }, () => raw(relay.url, "POST /v1/events/alice HTTP/1.1\r\nHost: a\r\nX: ")),
  );
  expect(await isServed(relay, post)).toBe(true);
  const answers = await Promise.all(slow.map(({ closed }) => closed));
  expect(answers.every((answer) => answer === "" || answer.startsWith("HTTP/1.1 408"))).toBe(true);
});

test("a body that never comes is ended in time", async () => {
  const relay = await openRelay({ limits: { requestTimeoutMs: 400, headersTimeoutMs: 300 } });
  const { post } = await relay.slot("alice");
  const { closed } = await raw(
    relay.url,
    `POST /v1/events/alice HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${post}\r\nContent-Type: application/json\r\nIdempotency-Key: ${"k".repeat(16)}\r\nContent-Length: 100\r\n\r\n{`,
  );
  await closed;
  expect(await isServed(relay, post)).toBe(true);
});

test("connections beyond the limit are told 503 and when to come back; those within are served", async () => {
  const relay = await openRelay({ limits: { maxConnections: 2 } });
  const held = [await raw(relay.url), await raw(relay.url)];
  const refused = await relay.ask("GET", "/v1/slots", { token: relay.admin });
  expect([refused.status, refused.headers["connection"], refused.json()]).toMatchObject([
    503,
    "close",
    { error: { code: "BUSY" } },
  ]);
  expect(Number(refused.headers["retry-after"])).toBeGreaterThanOrEqual(1);
  held[0]?.socket.write("GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  expect(await held[0]?.closed).toMatch(/^HTTP\/1\.1 200/);
});

test("a body of 100 MiB that is announced, and one that just goes on, are refused before they are read", async () => {
  const relay = await openRelay();
  const { post } = await relay.slot("alice");
  const head = `POST /v1/events/alice HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${post}\r\nContent-Type: application/json\r\nIdempotency-Key: ${"k".repeat(16)}\r\n`;
  const announced = await raw(relay.url, `${head}Content-Length: 104857600\r\n\r\n{`);
  expect(await announced.closed).toMatch(/^HTTP\/1\.1 413/);
  const endless = await raw(relay.url, `${head}Transfer-Encoding: chunked\r\n\r\n`);
  let sent = 0;
  const chunk = `10000\r\n${"x".repeat(65_536)}\r\n`;
  while (!endless.socket.destroyed && sent < 64 * 1024 * 1024) {
    sent += chunk.length;
    if (!endless.socket.write(chunk))
      await Promise.race([endless.closed, new Promise((resolve) => endless.socket.once("drain", resolve))]);
  }
  expect(sent).toBeLessThan(16 * 1024 * 1024);
  expect(await isServed(relay, post)).toBe(true);
});

test("an envelope that nests 100,000 deep harms neither the relay nor the page that it is in", async () => {
  const relay = await openRelay();
  const { read, post } = await relay.slot("alice");
  const deep = `{"a":${"[".repeat(100_000)}${"]".repeat(100_000)}}`;
  expect([201, 400]).toContain((await relay.post("alice", post, deep)).status);
  await relay.post("alice", post, '{"after":1}');
  const { events } = (await relay.ask("GET", "/v1/events/alice", { token: read })).json<EventPage>();
  expect(events.at(-1)?.envelope).toBe('{"after":1}');
});

test.each([
  ["headers of 64 KiB", `GET /healthz HTTP/1.1\r\nHost: a\r\nX: ${"x".repeat(65_536)}\r\n\r\n`],
  ["a request line of 64 KiB", `GET /${"x".repeat(65_536)} HTTP/1.1\r\nHost: a\r\n\r\n`],
  ["no HTTP", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"],
  [
    "two lengths",
    "POST /v1/events/alice HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n{}",
  ],
  [
    "a length and chunks",
    "POST /v1/events/alice HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
  ],
  ["a header that folds", "GET /healthz HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\nY\r\n\r\n"],
  [
    "an upgrade",
    "GET /v1/events/alice HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
  ],
])("%s: the connection ends, and the relay goes on", async (_what, text) => {
  const relay = await openRelay();
  const { post } = await relay.slot("alice");
  const { closed } = await raw(relay.url, text);
  expect(await closed).not.toMatch(/^HTTP\/1\.1 2/);
  expect(await isServed(relay, post)).toBe(true);
});

test.each([
  "/v1/events/..%2f..%2fetc",
  "/v1/events/%00",
  "/v1/events/Alice",
  "/v1/events/alice%2Fstream",
  "/v1/events//stream",
  "/v1/events/alice/stream/more",
  "/v1/events/__proto__",
  "//v1/slots",
  "/v1/slots/",
  "/v1/tokens/../slots",
  "/V1/slots",
  "/v1",
  "*",
])("the path %s leads nowhere", async (path) => {
  const relay = await openRelay();
  const { closed } = await raw(
    relay.url,
    `GET ${path} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${relay.admin}\r\nConnection: close\r\n\r\n`,
  );
  expect(await closed).toMatch(/^HTTP\/1\.1 (400|404|403)/);
});

test("each path takes its own methods and names them", async () => {
  const relay = await openRelay();
  const refused = await relay.ask("PUT", "/v1/events/alice", { token: relay.admin });
  expect([refused.status, refused.headers["allow"], refused.json()]).toMatchObject([
    405,
    "GET, POST",
    { error: { code: "METHOD_NOT_ALLOWED" } },
  ]);
  expect((await relay.ask("TRACE", "/healthz")).status).toBe(405);
});

test("a page of another site is told nothing, unless its origin was let in", async () => {
  const closed = await openRelay();
  const { read } = await closed.slot("alice");
  const asked = await closed.ask("GET", "/v1/events/alice", {
    token: read,
    headers: { Origin: "https://evil.example" },
  });
  expect(Object.keys(asked.headers).filter((name) => name.startsWith("access-control"))).toEqual([]);
  const preflight = { Origin: "https://app.example", "Access-Control-Request-Method": "POST" };
  expect((await closed.ask("OPTIONS", "/v1/events/alice", { headers: preflight })).status).toBe(405);

  const open = await openRelay({ corsOrigins: ["https://app.example"] });
  const allowed = await open.ask("OPTIONS", "/v1/events/alice", { headers: preflight });
  expect([allowed.status, allowed.headers]).toMatchObject([
    204,
    {
      "access-control-allow-origin": "https://app.example",
      "access-control-allow-methods": "GET, POST",
      "access-control-allow-headers": expect.stringContaining("Idempotency-Key"),
    },
  ]);
  const evil = await open.ask("OPTIONS", "/v1/events/alice", {
    headers: { ...preflight, Origin: "https://app.example.evil.example" },
  });
  expect(evil.headers["access-control-allow-origin"]).toBeUndefined();
});

test("figures are told to who administers the relay, its interface to everybody", async () => {
  const relay = await openRelay();
  const { read, post } = await relay.slot("alice");
  await relay.post("alice", post, "{}");
  await relay.ask("GET", "/v1/events/alice", { token: read });
  await relay.ask("GET", "/v1/events/alice");
  const metrics = await relay.ask("GET", "/metrics", { token: relay.admin });
  expect(metrics.headers["content-type"]).toContain("application/openmetrics-text");
  expect(metrics.text).toContain("holdfast_relay_appended_total 1\n");
  expect(metrics.text).toContain('holdfast_relay_refused_total{code="UNAUTHORISED"} 1\n');
  expect(metrics.text.endsWith("# EOF\n")).toBe(true);
  const document = (await relay.ask("GET", "/openapi.json")).json<{ openapi: string; paths: object }>();
  expect(document.openapi).toBe("3.1.0");
  expect(Object.keys(document.paths)).toContain("/v1/events/{slot}/stream");
  expect([(await relay.ask("GET", "/healthz")).status, (await relay.ask("GET", "/readyz")).status]).toEqual([
    200, 200,
  ]);
});

test("100 questions whether it is ready look at the disk once a second", async () => {
  const clock = new VirtualClock();
  const store = openSqliteStore({ path: ":memory:", quota: defaultQuota });
  let looks = 0;
  const counted = new Proxy(store, {
    get(target, name) {
      if (name === "ready") looks++;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  const relay = await openRelay({ clock, store: counted });
  const ask = async (): Promise<number> => (await relay.ask("GET", "/readyz")).status;
  expect(await Promise.all(Array.from({ length: 100 }, ask))).toEqual(Array.from({ length: 100 }, () => 200));
  expect(looks).toBe(1);
  await clock.advance(1_000);
  await ask();
  expect(looks).toBe(2);
});
