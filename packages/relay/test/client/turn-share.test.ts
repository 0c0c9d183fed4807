import type { Clock } from "@holdfast/runtime";
import { VirtualClock } from "@holdfast/runtime/testing";
import { expect, test } from "vitest";
import { TurnShare } from "../../src/client/turn-share.ts";

test("work that has lasted for 10 ms of one turn waits for the next, and other work does not", async () => {
  const virtual = new VirtualClock();
  // Time that passes while nothing else has its turn.
  let workedMs = 0;
  const clock: Clock = {
    now: () => virtual.now(),
    monotonic: () => virtual.monotonic() + workedMs,
    setTimeout: (fn, ms) => virtual.setTimeout(fn, ms),
    clearTimeout: (timer) => virtual.clearTimeout(timer),
    sleep: (ms, token) => virtual.sleep(ms, token),
  };
  const share = new TurnShare(clock);
  await share.take();
  workedMs = 9;
  await share.take();
  workedMs = 10;
  let isTaken = false;
  const taken = share.take().then(() => (isTaken = true));
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
  expect(isTaken).toBe(false);
  await virtual.advance(0);
  await taken;
  // A turn of its own: what was before does not count.
  workedMs = 15;
  await share.take();
});
