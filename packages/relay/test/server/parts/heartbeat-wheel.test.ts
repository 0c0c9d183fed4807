import { VirtualClock } from "@holdfast/runtime/testing";
import { expect, test } from "vitest";
import { HeartbeatWheel } from "../../../src/server/stream/heartbeat-wheel.ts";

test("1,600 readers that came at the same moment are due evenly over a period, each once in it", async () => {
  const clock = new VirtualClock();
  const turns: number[] = [];
  const beats = new Map<number, number>();
  const wheel = new HeartbeatWheel<number>(clock, 16_000, (due) => {
    turns.push(due.size);
    for (const reader of due) beats.set(reader, (beats.get(reader) ?? 0) + 1);
  });
  for (let reader = 0; reader < 1_600; reader++) wheel.add(reader);
  for (let period = 1; period <= 3; period++) {
    await clock.advance(16_000);
    expect([...beats.values()].every((count) => count === period)).toBe(true);
  }
  expect(new Set(turns)).toEqual(new Set([100]));
});

test("one timer for all, and none once the last has gone", () => {
  const clock = new VirtualClock();
  const wheel = new HeartbeatWheel<number>(clock, 1_000, () => undefined);
  expect(clock.pending).toBe(0);
  const off = [1, 2, 3].map((reader) => wheel.add(reader));
  expect(clock.pending).toBe(1);
  for (const leave of off) leave();
  off[0]?.();
  expect(clock.pending).toBe(0);
});

test("who leaves is not due any more, also when it leaves while others are told", async () => {
  const clock = new VirtualClock();
  const told: number[] = [];
  const leaves = new Map<number, () => void>();
  const wheel = new HeartbeatWheel<number>(clock, 1_600, (due) => {
    for (const reader of [...due]) {
      told.push(reader);
      leaves.get(reader)?.();
    }
  });
  for (const reader of [1, 2, 3]) leaves.set(reader, wheel.add(reader));
  await clock.advance(4_000);
  expect(told).toEqual([1, 2, 3]);
  expect(clock.pending).toBe(0);
});
