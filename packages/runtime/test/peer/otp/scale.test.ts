// Cases of OTP's supervisor_SUITE by name; how its words are meant here: ../README.md
import { expect, test } from "vitest";
import { counts, fake, pool, setUp } from "../rig.ts";
import { growth } from "./growth.ts";

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
