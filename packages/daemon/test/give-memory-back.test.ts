import { VirtualClock } from "@holdfast/runtime/testing";
import { expect, test } from "vitest";
import { giveMemoryBack, isWorthCollecting } from "../src/give-memory-back.ts";

const mebibyte = 1024 * 1024;

const size = (rss: number, used = 20) => ({ rss: rss * mebibyte, heapUsed: used * mebibyte });

test("what has grown by much is collected, what has grown by little is left alone, and so is what may be alive", () => {
  expect(isWorthCollecting(size(67), 60 * mebibyte)).toBe(false);
  expect(isWorthCollecting(size(69), 60 * mebibyte)).toBe(true);
  expect(isWorthCollecting(size(200, 150), 60 * mebibyte)).toBe(false);
});

test("what clients leave behind is collected every so often, and nothing once that was ended", async () => {
  const clock = new VirtualClock();
  let now = size(60);
  let collections = 0;
  const end = giveMemoryBack(clock, {
    size: () => now,
    collect: () => {
      collections++;
      now = size(65);
    },
  });
  now = size(180);
  await clock.advance(60_000);
  expect(collections).toBe(1);
  now = size(180);
  await clock.advance(15_000);
  expect(collections).toBe(2);
  end();
  now = size(180);
  await clock.advance(300_000);
  expect([collections, clock.pending]).toEqual([2, 0]);
});

test("the memory of this process is really given back", async () => {
  const clock = new VirtualClock();
  const end = giveMemoryBack(clock);
  let left: unknown[] = Array.from({ length: 1_000_000 }, (_, at) => ({ at }));
  left = left.slice(0, 1);
  const before = process.memoryUsage.rss();
  await clock.advance(15_000);
  end();
  expect(process.memoryUsage.rss()).toBeLessThan(before - 10 * mebibyte);
  expect(left).toHaveLength(1);
});
