// Cases of OTP's supervisor_SUITE by name; how its words are meant here: ../README.md
import { expect, test } from "vitest";
import type { Supervisor } from "../../../src/index.ts";
import { type FakeChild, VirtualClock } from "../../../src/testing/index.ts";
import { counts, fake, nested, pool, setUp, shutdown, states } from "../rig.ts";

test("tree: a leaf's restart leaves the rest alone, a restart of the whole drops what was added, and counts hold", async () => {
  const clock = new VirtualClock();
  const [child1, child2, child3, child4] = ["child1", "child2", "child3", "child4"].map((id) =>
    fake(id, { ready: async () => {} }),
  ) as [FakeChild, FakeChild, FakeChild, FakeChild];
  const [ones, twos, threes]: [Supervisor[], Supervisor[], Supervisor[]] = [[], [], []];
  const options = { clock, intensity: 4 };
  const { supervisor, settle } = await setUp({ ...options, strategy: "one-for-all" });
  const children = [child1.spec, child2.spec];
  await supervisor.startChild(nested("supchild1", { ...options, children }, {}, ones));
  await supervisor.startChild(nested("supchild2", options, {}, twos));
  await supervisor.startChild(nested("supchild3", options, { restart: "transient" }, threes));
  await supervisor.stopChild("supchild3");
  expect(counts(supervisor)).toEqual({ specs: 3, active: 2 });
  const below = () => [ones, twos].map((made) => made.at(-1)).map((each) => each && counts(each));
  expect(below()).toEqual([
    { specs: 2, active: 2 },
    { specs: 0, active: 0 },
  ]);

  for (const { spec } of [child3, child4]) await twos[0]?.startChild(spec);
  const two = { specs: 2, active: 2 };
  expect(below()).toEqual([two, two]);

  child4.crash();
  await settle();
  expect([child1, child2, child3, child4].map(({ starts }) => starts)).toEqual([1, 1, 1, 2]);
  expect(below()).toEqual([two, two]);

  child3.failStarts(1_000);
  child3.crash();
  await settle();
  expect(await twos[0]?.done).toMatchObject({ kind: "failed", error: { code: "INTENSITY_EXCEEDED" } });
  // All are new, and what was added is gone; the one that was stopped on request stays stopped.
  expect([ones, twos, threes].map(({ length }) => length)).toEqual([2, 2, 1]);
  expect(states(supervisor)).toEqual(["supchild1 running", "supchild2 running", "supchild3 stopped"]);
  expect(below()).toEqual([two, { specs: 0, active: 0 }]);
  expect([child1, child2, child3, child4].map(({ live }) => live.length)).toEqual([1, 1, 0, 0]);
  expect(supervisor.snapshot().children[0]?.tree?.children).toMatchObject([
    { id: "child1", state: "running" },
    { id: "child2", state: "running" },
  ]);
  await supervisor.stop();
  expect([child1.isRunning, child2.isRunning]).toEqual([false, false]);
});

/** A supervisor over one over one child; how often each was made. */
const threeLevels = async () => {
  const clock = new VirtualClock();
  const server = fake("server");
  const middles: Supervisor[] = [];
  const strategy = "one-for-all";
  const limit = { intensity: 3, periodMs: 60_000, strategy } as const;
  const middle = nested("middle", { ...limit, clock, children: [server.spec] }, {}, middles);
  const rig = await setUp({ ...limit, clock, children: [middle] });
  const path = () => rig.supervisor.snapshot().children.map(({ id, tree }) => [id, tree?.children[0]?.id]);
  return { ...rig, server, middles, path };
};

test("simple_global_supervisor: whichever level is killed, ends or is restarted, the same names are there again", async () => {
  const deaths: [string, (rig: Awaited<ReturnType<typeof threeLevels>>) => unknown, [number, number]][] = [
    ["the supervisor in the middle is stopped under its parent", ({ middles }) => middles[0]?.stop(), [2, 2]],
    ["the worker is killed", ({ server }) => server.crash(new Error("killed")), [1, 2]],
    ["the worker ends normally", ({ server }) => server.complete(), [1, 2]],
    [
      "the worker is restarted on request",
      async ({ middles }) => {
        await middles[0]?.stopChild("server");
        await middles[0]?.restartChild("server");
      },
      [1, 2],
    ],
  ];
  for (const [what, death, made] of deaths) {
    const rig = await threeLevels();
    await death(rig);
    await rig.settle();
    expect([rig.middles.length, rig.server.starts], what).toEqual(made);
    expect([rig.server.live.length, rig.path()], what).toEqual([1, [["middle", "server"]]]);
    expect(await rig.supervisor.stop(shutdown)).toMatchObject({ kind: "stopped", left: [] });
    expect([rig.server.isRunning, rig.middles.at(-1)?.snapshot().state]).toEqual([false, "stopped"]);
  }
});

test.each([
  ["count_children", false],
  ["count_children_supervisor", true],
] as const)("%s: 1,000, 2,000, none", async (_name, wrapped) => {
  const clock = new VirtualClock();
  const { supervisor, settle } = await setUp({ ...pool, clock });
  const members: FakeChild[] = [];
  const seen: Supervisor[] = [];
  const add = async (count: number) => {
    for (let i = 0; i < count; i++) {
      const member = fake(`${members.length}`, { restart: "temporary", significant: wrapped });
      members.push(member);
      const { id } = member.spec;
      const spec = nested(id, { clock, children: [member.spec] }, { restart: "temporary" }, seen);
      await supervisor.startChild(wrapped ? spec : member.spec);
    }
    return counts(supervisor);
  };
  expect(await add(1_000)).toEqual({ specs: 1_000, active: 1_000 });
  expect(await add(1_000)).toEqual({ specs: 2_000, active: 2_000 });
  expect(supervisor.snapshot().children.filter(({ tree }) => tree)).toHaveLength(wrapped ? 2_000 : 0);
  expect(counts(supervisor)).toEqual({ specs: 2_000, active: 2_000 });
  for (const member of members) member.crash(new Error("killed"));
  await settle();
  expect(counts(supervisor)).toEqual({ specs: 0, active: 0 });
  expect(seen.filter((each) => each.snapshot().state !== "stopped")).toEqual([]);
  await supervisor.stop();
});

test("count_restarting_children: specs stay and active falls while restarts fail", async () => {
  const clock = new VirtualClock();
  const { supervisor } = await setUp({ ...pool, clock, intensity: 20, periodMs: 10_000 });
  const backoff = { initialMs: 2_000, factor: 1, maxMs: 2_000 };
  const members = ["1", "2", "3"].map((id) => fake(id, { backoff, ready: async () => {}, stop: "brutal" }));
  for (const [index, { spec }] of members.entries()) {
    expect(counts(supervisor)).toEqual({ specs: index, active: index });
    await supervisor.startChild(spec);
  }
  const active = async (afterMs: number) => {
    await clock.advance(afterMs);
    return counts(supervisor);
  };
  for (const member of members) member.crash();
  expect(await active(0)).toEqual({ specs: 3, active: 0 });
  expect(await active(2_000)).toEqual({ specs: 3, active: 3 });

  for (const member of members.slice(0, 2)) {
    member.failStarts(1_000);
    member.crash();
  }
  expect(await active(5_000)).toEqual({ specs: 3, active: 1 });
  expect(states(supervisor)).toEqual(["1 restarting", "2 restarting", "3 running"]);
  for (const member of members) member.failStarts(0);
  expect(await active(4_000)).toEqual({ specs: 3, active: 3 });

  for (const [index, { spec }] of members.entries()) {
    await supervisor.stopChild(spec.id);
    expect(counts(supervisor)).toEqual({ specs: 3, active: 2 - index });
  }
  await supervisor.stop();
});
