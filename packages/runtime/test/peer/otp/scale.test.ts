// Cases of OTP's supervisor_SUITE by name; how its words are meant here: ../README.md
import { threadCpuUsage } from "node:process";
import { expect, test } from "vitest";
import { counts, fake, pool, setUp } from "../rig.ts";

/** In ms; this thread's own time, so that others on the machine do not count. */
const now = (): number => {
  const { user, system } = threadCpuUsage();
  return (user + system) / 1_000;
};

const timeOf = async (work: () => Promise<void>) => {
  const began = now();
  await work();
  return now() - began;
};

/**
 * How much longer one go at ten times `size` takes than ten goes at `size`: 1 when the time grows with the
 * size, 10 when it grows with its square. Turns are taken until one is below `limit`, three at most, so that a
 * collection of garbage at the wrong moment decides nothing; gives the best.
 */
async function growth(work: (size: number) => Promise<void>, size: number, limit: number): Promise<number> {
  let best = Number.POSITIVE_INFINITY;
  for (let turn = 0; turn < 3 && best >= limit; turn++) {
    const small = await timeOf(async () => {
      for (let go = 0; go < 10; go++) await work(size);
    });
    best = Math.min(best, (await timeOf(() => work(10 * size))) / small);
  }
  return best;
}

const ids = (count: number) => Array.from({ length: count }, (_, i) => `${i}`);

test("simple_one_for_one_scale_many_temporary_children: ten times the members, ten times the time, not a hundred", async () => {
  const churn = async (count: number) => {
    const { supervisor, settle } = await setUp(pool);
    const members = ids(count).map((id) => fake(id, { restart: "temporary" }));
    for (const { spec } of members) await supervisor.startChild(spec);
    for (const member of members) member.complete();
    await settle();
    expect(counts(supervisor)).toEqual({ specs: 0, active: 0 });
    await supervisor.stop();
  };
  expect(await growth(churn, 2_000, 2.5)).toBeLessThan(2.5);
});

test("scale_start_stop_many_children: starting all, stopping each and ending grow with the number of children, no faster", async () => {
  const cycle = async (count: number) => {
    const { supervisor } = await setUp({}, ...ids(count).map((id) => fake(id)));
    expect(counts(supervisor)).toEqual({ specs: count, active: count });
    for (const id of ids(count / 2)) await supervisor.stopChild(id);
    expect(counts(supervisor)).toEqual({ specs: count, active: count / 2 });
    await supervisor.stop();
  };
  expect(await growth(cycle, 1_000, 2.5)).toBeLessThan(2.5);
});
