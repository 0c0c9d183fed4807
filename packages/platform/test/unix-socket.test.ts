import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { VirtualClock } from "@holdfast/runtime/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { LineChannel, LineChannelOptions } from "../src/socket/socket-channel.ts";
import { connectUnixSocket, listenUnixSocket, type UnixSocketServer } from "../src/socket/unix-socket.ts";

let root: string;
let path: string;
let server: UnixSocketServer | undefined;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "holdfast-socket-"));
  path = join(root, "holdfast.sock");
});

afterEach(async () => {
  await server?.[Symbol.asyncDispose]();
  server = undefined;
  rmSync(root, { recursive: true, force: true });
});

async function listen(
  onChannel: (channel: LineChannel) => void,
  options?: LineChannelOptions,
): Promise<void> {
  server = await listenUnixSocket(path, onChannel, options);
}

function echo(channel: LineChannel): void {
  channel.onText((text) => channel.send(text));
}

function closed(channel: LineChannel): Promise<Error | undefined> {
  return new Promise((resolve) => channel.onClose(resolve));
}

function raw(): Promise<Socket> {
  return new Promise((resolve) => {
    const socket = connect(path, () => resolve(socket));
    socket.on("error", () => {});
  });
}

test("texts arrive whole, in order, both ways", async () => {
  await listen(echo);
  const channel = await connectUnixSocket(path);
  const texts = ["", "{}", "smørrebrød 🦞", "x".repeat(300_000), "last"];
  const replies = new Promise<string[]>((resolve) => {
    const got: string[] = [];
    channel.onText((text) => {
      got.push(text);
      if (got.length === texts.length) resolve(got);
    });
  });
  for (const text of texts) channel.send(text);
  expect(await replies).toEqual(texts);
  channel.close();
});

test("only its owner can connect, whatever the umask, which stays as it was", async () => {
  const umask = process.umask(0);
  try {
    await listen(echo);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(process.umask()).toBe(0);
  } finally {
    process.umask(umask);
  }
});

test("what a dead daemon left in its place is removed", async () => {
  writeFileSync(path, "stale");
  await listen(echo);
  const channel = await connectUnixSocket(path);
  channel.close();
  await closed(channel);
});

test("where nobody listens the error is the system's", async () => {
  await expect(connectUnixSocket(path)).rejects.toMatchObject({ code: "ENOENT" });
  await expect(listenUnixSocket(join(root, "no", "socket"), echo)).rejects.toMatchObject({
    syscall: "listen",
  });
});

test("texts that came before anyone listened are kept", async () => {
  const accepted = Promise.withResolvers<LineChannel>();
  await listen(accepted.resolve);
  const client = await connectUnixSocket(path);
  client.send("early");
  const channel = await accepted.promise;
  await new Promise((resolve) => setImmediate(resolve));
  expect(await new Promise((resolve) => channel.onText(resolve))).toBe("early");
  client.close();
});

test("a close is told to both ends, once, also to those who ask later", async () => {
  const accepted = Promise.withResolvers<LineChannel>();
  await listen((channel) => {
    echo(channel);
    accepted.resolve(channel);
  });
  const client = await connectUnixSocket(path);
  client.onText(() => {});
  const there = await accepted.promise;
  expect(server?.connections).toBe(1);
  client.send("before");
  client.close();
  client.close();
  client.send("after");
  expect(await Promise.all([closed(client), closed(there)])).toEqual([undefined, undefined]);
  expect(await closed(client)).toBeUndefined();
  expect(server?.connections).toBe(0);
});

test("what was sent before a close arrives", async () => {
  const big = "x".repeat(900_000);
  await listen((channel) => {
    channel.send(big);
    channel.close();
  });
  const client = await connectUnixSocket(path);
  expect(await new Promise((resolve) => client.onText(resolve))).toBe(big);
});

test("a line that is too long closes the channel, and the lines before it are heard", async () => {
  const heard: string[] = [];
  const ended = Promise.withResolvers<Error | undefined>();
  await listen(
    (channel) => {
      channel.onText((text) => heard.push(text));
      channel.onClose(ended.resolve);
    },
    { maxLineBytes: 10 },
  );
  const socket = await raw();
  socket.write("short\nmuch too long for this\nshort\n");
  expect(await ended.promise).toMatchObject({ code: "LINE_TOO_LONG" });
  expect(heard).toEqual(["short"]);
});

test("a text with a newline is a mistake of the caller", async () => {
  await listen(echo);
  const client = await connectUnixSocket(path);
  expect(() => client.send("a\nb")).toThrow(TypeError);
  client.close();
});

test("a peer that does not read is cut off when too much waits for it, and others go on", async () => {
  const limit = 1_000_000;
  const ended = Promise.withResolvers<Error | undefined>();
  let most = 0;
  await listen(
    (channel) => {
      channel.onText(() => {
        for (let i = 0; i < 100; i++) {
          channel.send("x".repeat(100_000));
          most = Math.max(most, channel.bufferedBytes);
        }
      });
      channel.onClose(ended.resolve);
    },
    { maxBufferedBytes: limit },
  );
  const socket = await raw();
  socket.pause();
  socket.write("flood\n");
  expect(await ended.promise).toMatchObject({ code: "PEER_TOO_SLOW" });
  expect(most).toBeGreaterThan(limit);
  expect(most).toBeLessThan(limit + 200_000);
  const other = await connectUnixSocket(path);
  other.close();
});

test("drained resolves when the peer has taken everything, or is gone", async () => {
  const accepted = Promise.withResolvers<LineChannel>();
  await listen(accepted.resolve);
  const socket = await raw();
  socket.pause();
  const channel = await accepted.promise;
  await channel.drained();
  channel.send("x".repeat(3_000_000));
  expect(channel.bufferedBytes).toBeGreaterThan(0);
  const drained = channel.drained();
  socket.resume();
  await drained;
  expect(channel.bufferedBytes).toBe(0);
  socket.pause();
  channel.send("x".repeat(3_000_000));
  const gone = channel.drained();
  socket.destroy();
  await gone;
});

test("a server that ends closes its channels and takes its file along, also past a peer that does not read", async () => {
  const accepted = Promise.withResolvers<LineChannel>();
  const clock = new VirtualClock();
  await listen(
    (channel) => {
      channel.send("x".repeat(3_000_000));
      accepted.resolve(channel);
    },
    { clock },
  );
  const socket = await raw();
  socket.pause();
  await accepted.promise;
  const ended = Promise.all([server?.[Symbol.asyncDispose](), server?.[Symbol.asyncDispose]()]);
  await clock.advance(999);
  expect(server?.connections).toBe(1);
  await clock.advance(1);
  await ended;
  expect(server?.connections).toBe(0);
  expect(clock.pending).toBe(0);
  expect(existsSync(path)).toBe(false);
  socket.destroy();
});
