import { connect, type Socket } from "node:net";
import { expect, onTestFinished, test, vi } from "vitest";
import type { WebSocket } from "ws";
import { appSpec, projectSpec } from "../fakes/app-spec.ts";
import { type HttpRig, httpRig, token } from "./http-rig.ts";
import { frame } from "./raw-frames.ts";

const call = (method: string, params: unknown = {}, id = 1) =>
  JSON.stringify({ jsonrpc: "2.0", id, method, params });
const ping = call("system.healthz");

/** A connection on which bytes are sent as they are. */
async function open({ server }: HttpRig): Promise<Socket & { heard: () => string }> {
  const socket = connect({ port: server.port, host: "127.0.0.1", allowHalfOpen: true });
  let text = "";
  socket.on("data", (chunk) => {
    text += chunk.toString("latin1");
  });
  socket.on("error", () => undefined);
  onTestFinished(() => void socket.destroy());
  await new Promise<void>((resolve) => void socket.once("connect", () => resolve()));
  return Object.assign(socket, { heard: () => text });
}

/** An open WebSocket of which each byte is ours. */
async function openRawWebSocket(rig: HttpRig, extra = ""): Promise<Socket & { heard: () => string }> {
  const socket = await open(rig);
  socket.write(
    `GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n` +
      `Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nAuthorization: Bearer ${token}\r\n${extra}\r\n`,
  );
  await expect.poll(() => socket.heard().includes("\r\n\r\n")).toBeTruthy();
  return socket;
}

test.each(["//", "///", "//?", "//:x", "//[", "/%", "/\\", "http://localhost", "http://localhost?", "*"])(
  "T12: a WebSocket asked for at %s does not end the daemon",
  async (target) => {
    const rig = await httpRig();
    const socket = await open(rig);
    socket.write(
      `GET ${target} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n`,
    );
    await expect.poll(() => socket.heard().includes("\r\n\r\n")).toBeTruthy();
    expect(socket.heard()).toMatch(/^HTTP\/1\.1 4\d\d /);
    const plain = await rig.raw(`GET ${target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
    expect(plain).toMatch(/^HTTP\/1\.1 4\d\d /);
    expect((await rig.post(ping)).status).toBe(200);
    expect(rig.errors).toEqual([]);
  },
);

test("T12: who is refused a WebSocket and never closes its side keeps no connection of the server's", async () => {
  const rig = await httpRig();
  const closed: number[] = [];
  for (let index = 0; index < 20; index++) {
    const socket = await open(rig);
    socket.write("GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n");
    socket.once("end", () => closed.push(index));
  }
  await expect.poll(() => closed.length === 20).toBeTruthy();
  // Neither of them has closed its own side.
  await vi.waitUntil(async () => (await rig.server.sockets()) <= 1, 5_000);
});

test("F16: five hundred connections that dawdle over their headers keep nobody else waiting", async () => {
  const rig = await httpRig({ headersTimeoutMs: 3_000 });
  const dawdlers = await Promise.all(Array.from({ length: 500 }, () => open(rig)));
  for (const each of dawdlers) each.write("POST /rpc HTTP/1.1\r\nHost: localhost\r\nX-A: ");
  const times: number[] = [];
  for (let index = 0; index < 50; index++) {
    const before = performance.now();
    expect((await rig.post(ping)).status).toBe(200);
    times.push(performance.now() - before);
  }
  times.sort((a, b) => a - b);
  console.log(
    `F16: 500 dawdlers, a call takes ${times[25]?.toFixed(1)} ms, at most ${times.at(-1)?.toFixed(1)} ms`,
  );
  expect(times[25]).toBeLessThan(1_000);
  // And they are cut off.
  await vi.waitUntil(() => dawdlers.every((each) => each.readableEnded || each.closed), 15_000);
});

test("F16: a body that comes too slowly, or never, holds up nobody else's call", async () => {
  const rig = await httpRig();
  const head = `POST /rpc HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n`;
  for (let index = 0; index < 100; index++) (await open(rig)).write(head);
  expect((await rig.post(ping)).status).toBe(200);
});

test("F16: a frame that says it has 100 MiB is refused by what it says", async () => {
  const rig = await httpRig();
  const socket = await openRawWebSocket(rig);
  const head = Buffer.alloc(14);
  head.set([0x81, 0xff]);
  head.writeBigUInt64BE(104_857_600n, 2);
  const before = process.memoryUsage().arrayBuffers;
  socket.write(head);
  await expect.poll(() => socket.readableEnded || socket.closed).toBeTruthy();
  expect(socket.heard()).toContain("\u0003\u00f1");
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(50_000_000);
  expect((await rig.post(ping)).status).toBe(200);
});

test("F16: a message of 131,000 fragments closes its own socket and nobody else's", async () => {
  const rig = await httpRig();
  const socket = await openRawWebSocket(rig);
  const empty = frame(0, Buffer.alloc(0), false);
  socket.write(Buffer.concat([frame(1, Buffer.from("["), false), ...Array<Buffer>(131_000).fill(empty)]));
  await vi.waitUntil(() => socket.readableEnded || socket.closed, 10_000);
  expect((await rig.post(ping)).status).toBe(200);
});

test("F16: compression is not agreed on, and a frame that is compressed all the same is refused", async () => {
  const rig = await httpRig();
  const socket = await openRawWebSocket(
    rig,
    "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n",
  );
  expect(socket.heard()).toMatch(/^HTTP\/1\.1 101 /);
  expect(socket.heard().toLowerCase()).not.toContain("permessage-deflate");
  const compressed = frame(1, Buffer.from("00", "hex"));
  compressed[0] = 0xc1;
  socket.write(compressed);
  await expect.poll(() => socket.readableEnded || socket.closed).toBeTruthy();
  expect((await rig.post(ping)).status).toBe(200);
  // A body in gzip is no JSON.
  const zipped = await rig.post("", { body: Buffer.alloc(10), headers: { "Content-Encoding": "gzip" } });
  expect(zipped.text).toContain("-32700");
});

test("F16: who sends pings without end and reads no pong is cut off", async () => {
  const rig = await httpRig();
  const socket = await openRawWebSocket(rig);
  socket.pause();
  const pings = Buffer.concat(Array<Buffer>(1_000).fill(frame(9, Buffer.alloc(125))));
  for (let index = 0; index < 400 && !socket.destroyed; index++) {
    socket.write(pings);
    if (index % 20 === 0) expect((await rig.post(ping)).status).toBe(200);
  }
  socket.on("close", () => undefined);
  socket.resume();
  await vi.waitUntil(() => rig.server.connections === 0, 10_000);
  expect((await rig.post(ping)).status).toBe(200);
});

test("F16: of twenty thousand calls that come at once a turn of the loop takes a few, and others theirs", async () => {
  const rig = await httpRig();
  const socket = await openRawWebSocket(rig);
  let [turn, most] = [0, 0];
  const endTurn = (): void => {
    most = Math.max(most, turn);
    turn = 0;
  };
  const read = JSON.parse;
  const parse = vi.spyOn(JSON, "parse").mockImplementation((text: string) => {
    if (turn++ === 0) setImmediate(endTurn);
    return read(text) as unknown;
  });
  socket.write(Buffer.concat(Array<Buffer>(20_000).fill(frame(1, Buffer.from(ping)))));
  await vi.waitUntil(() => socket.heard().split("jsonrpc").length > 20_000, { timeout: 20_000, interval: 5 });
  parse.mockRestore();
  expect(most).toBeGreaterThan(100);
  expect(most).toBeLessThan(2_000);
}, 60_000);

test("F16: a hundred thousand calls on one connection are each answered, and others' meanwhile", async () => {
  const rig = await httpRig();
  const socket = (await rig.openWebSocket()) as WebSocket;
  let answers = 0;
  socket.on("message", () => {
    answers++;
  });
  for (let index = 0; index < 100_000; index++) {
    socket.send(ping);
    // The limit on what may be under way, 1,000, is the client's to keep.
    if (index % 500 === 499)
      await vi.waitUntil(() => answers === index + 1, { timeout: 10_000, interval: 1 });
    if (index % 10_000 === 0) expect((await rig.post(ping)).status).toBe(200);
  }
  expect(answers).toBe(100_000);
}, 60_000);

test("T12: each item of a batch counts as one call", async () => {
  const rig = await httpRig();
  rig.fake.daemon.apply(projectSpec([appSpec("web")]));
  const socket = (await rig.openWebSocket()) as WebSocket;
  const texts: string[] = [];
  socket.on("message", (data: Buffer) => texts.push(data.toString()));
  // It never ends: the app's start waits for the clock, which stands still.
  const [operation] = rig.fake.daemon.operations.list();
  const wait = call("operations.wait", { ids: [operation?.id] });
  const batch = `[${Array(100).fill(wait).join()}]`;
  for (let index = 0; index < 10; index++) socket.send(batch);
  socket.send(call("system.healthz", {}, 7));
  await expect.poll(() => texts.length > 0).toBeTruthy();
  expect(texts[0]).toContain("more than 1000 calls at once on one connection");
});

test("F15: who stops reading a WebSocket is cut off, and others hear every event", async () => {
  const rig = await httpRig();
  const slow = await openRawWebSocket(rig);
  slow.write(frame(1, Buffer.from(call("events.follow"))));
  const quick = (await rig.openWebSocket()) as WebSocket;
  let heard = 0;
  quick.on("message", () => {
    heard++;
  });
  quick.send(call("events.follow"));
  await expect.poll(() => heard === 1 && slow.heard().includes("subscription")).toBeTruthy();
  slow.pause();
  const before = process.memoryUsage.rss();
  const big = "x".repeat(10_000);
  for (let index = 0; index < 5_000 && rig.server.connections > 1; index++) {
    const { events } = rig.fake.daemon;
    events.publish({
      type: "project",
      project: "shop",
      name: null,
      message: big,
      app: null,
      operation: null,
      by: null,
      cause: { origin: null, after: null },
    });
    await vi.waitUntil(() => heard === index + 2, { interval: 1, timeout: 5_000 });
  }
  const grown = (process.memoryUsage.rss() - before) / 1_048_576;
  console.log(`F15: cut off after ${heard} events of 10 kB; RSS +${grown.toFixed(1)} MiB`);
  expect(rig.server.connections).toBe(1);
  expect(heard).toBeLessThan(2_000);
});

test("F15: who stops reading server-sent events is cut off, without harm to the daemon", async () => {
  const rig = await httpRig();
  const slow = await open(rig);
  slow.write(`GET /events HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\n\r\n`);
  await expect.poll(() => slow.heard().includes("hello")).toBeTruthy();
  slow.pause();
  const big = "x".repeat(100_000);
  let published = 0;
  for (; published < 1_000 && (await rig.server.sockets()) > 0; published++) {
    rig.fake.daemon.events.publish({
      type: "project",
      project: "shop",
      name: null,
      message: big,
      app: null,
      operation: null,
      by: null,
      cause: { origin: null, after: null },
    });
  }
  console.log(`F15: server-sent events cut off after ${published} events of 100 kB`);
  expect(published).toBeLessThan(1_000);
  expect((await rig.post(ping)).status).toBe(200);
  expect(rig.errors).toEqual([]);
});
