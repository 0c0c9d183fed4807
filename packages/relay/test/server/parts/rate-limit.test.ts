import { VirtualClock } from "@holdfast/runtime/testing";
import { expect, test } from "vitest";
import { RateLimit } from "../../../src/server/rate-limit.ts";

test("a burst is taken at once, then one for each share of a second, and the wait is told", async () => {
  const clock = new VirtualClock();
  const limit = new RateLimit(clock, { perSecond: 4, burst: 3 });
  expect([1, 2, 3].map(() => limit.take("a"))).toEqual([0, 0, 0]);
  expect(limit.take("a")).toBe(250);
  await clock.advance(125);
  expect(limit.take("a")).toBe(125);
  await clock.advance(125);
  expect([limit.take("a"), limit.take("a")]).toEqual([0, 250]);
});

test("what was not used does not grow beyond the burst", async () => {
  const clock = new VirtualClock();
  const limit = new RateLimit(clock, { perSecond: 100, burst: 2 });
  limit.take("a");
  await clock.advance(3_600_000);
  expect([1, 2, 3].map(() => limit.take("a") === 0)).toEqual([true, true, false]);
});

test("keys have nothing to do with each other, and a sweep forgives none of them", async () => {
  const clock = new VirtualClock();
  const limit = new RateLimit(clock, { perSecond: 1, burst: 1 });
  expect([limit.take("a"), limit.take("b")]).toEqual([0, 0]);
  limit.sweep();
  expect([limit.take("a"), limit.take("b")]).toEqual([1_000, 1_000]);
  await clock.advance(1_000);
  limit.sweep();
  expect(limit.take("a")).toBe(0);
});

test("of more keys than are kept, the one that was not heard of for longest is forgotten", () => {
  const limit = new RateLimit(new VirtualClock(), { perSecond: 1, burst: 1 }, 2);
  limit.take("a");
  limit.take("b");
  // Refused, and heard of all the same.
  expect(limit.take("a")).toBe(1_000);
  limit.take("c");
  expect(limit.size).toBe(2);
  expect([limit.take("a"), limit.take("c"), limit.take("b")]).toEqual([1_000, 1_000, 0]);
});
