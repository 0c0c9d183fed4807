import { existsSync } from "node:fs";
import { expect, test } from "vitest";
import { FuzzWorld } from "./fuzz-world.ts";

/** `npm run fuzz` makes a million calls; a seed that fails is replayed by `HOLDFAST_FUZZ_SEED=N`, with one round. */
const { HOLDFAST_FUZZ_CALLS: calls = "20000", HOLDFAST_FUZZ_SEED: seed } = process.env;
const perRound = 2_000;
const rounds = seed === undefined ? Math.ceil(Number(calls) / perRound) : 1;
const first = Number(seed ?? 1);

test("T5: no call, whatever is in it, has an unhandled error, an internal one, a hang or a lasting effect", async () => {
  const unhandled: unknown[] = [];
  const onUnhandled = (error: unknown): void => void unhandled.push(error);
  process.on("unhandledRejection", onUnhandled);
  const began = performance.now();
  const reached = new Map<string, number>();
  for (let round = 0; round < rounds; round++) {
    const world = new FuzzWorld(first + round);
    await world.run(perRound);
    for (const [what, count] of world.reached) reached.set(what, (reached.get(what) ?? 0) + count);
    await new Promise<void>((resolve) => void setImmediate(resolve));
    expect([`seed ${first + round}`, world.faults.slice(0, 3), unhandled]).toEqual([
      `seed ${first + round}`,
      [],
      [],
    ]);
  }
  process.off("unhandledRejection", onUnhandled);
  const seconds = (performance.now() - began) / 1_000;
  console.log(
    `T5: ${rounds * perRound} calls from seed ${first}, ${seconds.toFixed(1)} s, 0 unhandled, 0 internal`,
  );
  console.log(`T5: with a result: ${[...reached].map(([what, count]) => `${what} ${count}`).join(", ")}`);
  expect(existsSync("/tmp/holdfast-was-here")).toBe(false);
}, 3_600_000);
