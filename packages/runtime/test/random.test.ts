import { expect, test } from "vitest";
import { seededRandom, systemRandom } from "../src/index.ts";

const draws = (seed: number) => {
  const random = seededRandom(seed);
  return [random.next(), random.next(), random.uuid(), random.bytes(4).join()];
};

test("a seed replays its sequence, and its neighbours differ", () => {
  expect(draws(1)).toEqual(draws(1));
  expect(draws(1)).not.toEqual(draws(2));
  expect(draws(1)).not.toEqual(draws(1 + 2 ** 32));
});

test("seeded numbers are spread evenly over [0, 1)", () => {
  const random = seededRandom(7);
  const buckets = new Array<number>(10).fill(0);
  for (let i = 0; i < 100_000; i++) {
    const bucket = Math.floor(random.next() * 10);
    buckets[bucket] = (buckets[bucket] ?? 0) + 1;
  }
  for (const count of buckets) expect(Math.abs(count - 10_000)).toBeLessThan(500);
});

test("uuids are version 4, and system bytes go past one call's limit", () => {
  const v4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
  expect(systemRandom.uuid()).toMatch(v4);
  expect(seededRandom(3).uuid()).toMatch(v4);
  const bytes = systemRandom.bytes(100_000);
  expect(bytes.subarray(90_000).some((byte) => byte !== 0)).toBe(true);
});
