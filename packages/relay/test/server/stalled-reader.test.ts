/** F15: a reader that takes nothing, on a real socket whose buffers are full. */

import { mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { Cursor } from "@holdfast/relay/protocol";
import { localWakeBus } from "@holdfast/relay/server";
import { VirtualClock } from "@holdfast/runtime/testing";
import { expect, onTestFinished, test } from "vitest";
import { microtasksDrained } from "../turns.ts";
import { openRelay } from "./open-relay.ts";
import { openStream } from "./open-stream.ts";

const readers = 100;
setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

function usedBytes(): number {
  collect();
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** Over a Unix socket: what the kernel keeps of it is less than a TCP connection's megabytes. */
async function openStalled(path: string, slot: string, token: string): Promise<void> {
  const socket = connect(path);
  // Nothing is ever read from it: what the relay writes stays in the kernel.
  socket.pause();
  socket.on("error", () => undefined);
  onTestFinished(() => void socket.destroy());
  await new Promise<void>((resolve) => void socket.once("connect", () => resolve()));
  socket.write(`GET /v1/events/${slot}/stream HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${token}\r\n\r\n`);
}

test(`F15: ${readers} readers that take nothing cost 4 KiB each at most, keep nobody waiting, and are cut`, async () => {
  const clock = new VirtualClock();
  const wakes = localWakeBus();
  const relay = await openRelay({ clock, wakes });
  const { read } = await relay.slot("alice");
  const directory = mkdtempSync(join(tmpdir(), "holdfast-relay-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const path = join(directory, "relay.sock");
  await relay.relay.listen({ path });
  await Promise.all(Array.from({ length: readers }, () => openStalled(path, "alice", read)));
  while (relay.relay.readers < readers) await relay.ask("GET", "/healthz");
  const epoch = (await relay.ask("GET", "/v1/slots/alice", { token: read })).json<{ epoch: string }>().epoch;
  let seq = 0;
  const wakeUntil = async (isEnough: (seq: number) => boolean): Promise<Cursor> => {
    while (!isEnough(seq)) {
      wakes.publish("alice", { epoch, seq: ++seq });
      if (seq % 4 === 0) await microtasksDrained();
    }
    return { epoch, seq };
  };
  const count = async (): Promise<number> =>
    Number(/wakes_total (\d+)/.exec((await relay.ask("GET", "/metrics", { token: relay.admin })).text)?.[1]);
  // Until the kernel takes no more: then wakes make no frame.
  for (let before = -1, now = 0; before !== now; [before, now] = [now, await count()]) {
    const target = seq + 500;
    await wakeUntil((at) => at >= target);
  }
  const before = usedBytes();
  const target = seq + 200_000;
  await wakeUntil((at) => at >= target);
  const grown = usedBytes() - before;
  console.log(`F15: ${Math.round(grown / readers)} bytes for each stalled reader after 200,000 wakes`);
  expect(grown / readers).toBeLessThan(4_096);

  const good = await openStream(relay.url, "alice", read);
  expect((await good.next())?.event).toBe("hello");
  wakes.publish("alice", { epoch, seq: ++seq });
  expect((await good.next())?.id).toBe(`${epoch}:${seq}`);
  await clock.advance(29_000);
  expect(relay.relay.readers).toBe(readers + 1);
  await clock.advance(2_000);
  // What was in the kernel has to be read before a paused client sees the end; the relay has let go of it already.
  while (relay.relay.readers > 1) await microtasksDrained();
  wakes.publish("alice", { epoch, seq: ++seq });
  while (good.seen.at(-1)?.id !== `${epoch}:${seq}`) await good.next();
}, 60_000);
