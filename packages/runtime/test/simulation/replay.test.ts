import { expect, test } from "vitest";
import { expectDeterminism } from "../../src/testing/index.ts";
import { wholeTree } from "./whole/scenario.ts";

test("I13 seeds far apart replay with the same hash, and each has its own", async () => {
  const hashes = new Set<string>();
  for (let seed = 1; seed < 2 ** 50; seed *= 3) hashes.add((await expectDeterminism(seed, wholeTree)).hash);
  expect(hashes.size).toBe(32);
});
