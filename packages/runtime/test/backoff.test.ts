import { expect, test } from "vitest";
import { backoffDelay } from "../src/index.ts";

const always = (value: number) => ({ next: () => value });

test("delays double from the initial one up to the cap", () => {
  const backoff = { initialMs: 1_000, factor: 2, maxMs: 30_000 };
  const delays = [1, 2, 3, 4, 5, 6, 7, 2_000].map((attempt) => backoffDelay(backoff, attempt, always(0)));
  expect(delays).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
});

test("equal jitter keeps half of the delay, full jitter none of it", () => {
  const at = (jitter: "equal" | "full", draw: number) =>
    backoffDelay({ initialMs: 100, factor: 1, maxMs: 1_000, jitter }, 3, always(draw));
  expect([at("equal", 0), at("equal", 0.5), at("full", 0), at("full", 0.5)]).toEqual([50, 75, 0, 50]);
});

test("the other side may ask for more than the backoff, never for less, and not for nonsense", () => {
  const backoff = { initialMs: 1_000, factor: 2, maxMs: 30_000 };
  const delays = [7_000, 10, 0, -1, Number.NaN].map((atLeastMs) =>
    backoffDelay(backoff, 1, always(0), atLeastMs),
  );
  expect(delays).toEqual([7_000, 1_000, 1_000, 1_000, 1_000]);
});

test("without jitter nothing is drawn", () => {
  const next = () => expect.fail("drawn for nothing");
  expect(backoffDelay({ initialMs: 100, factor: 2, maxMs: 1_000 }, 2, { next })).toBe(200);
});
