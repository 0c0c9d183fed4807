// The cases of OTP's supervisor_SUITE (lib/stdlib/test of erlang/otp), by name, in Holdfast's terms: a child
// that answers `ignore` is one that answers `do-not-restart`, the reason `shutdown` is an end by the token,
// `simple_one_for_one` is a set of children added while the supervisor runs and stopped together.
import { expect, test } from "vitest";
import { supervisorChild } from "../../src/index.ts";
import { type FakeChild, VirtualClock } from "../../src/testing/index.ts";
import { growth } from "./growth.ts";
import { counts, endings, fake, lines, policies, setUp, shutdown, states, three, told } from "./otp-rig.ts";

// significant children

const significantCases = (["any-significant", "all-significant"] as const).flatMap((autoShutdown) =>
  (["temporary", "transient"] as const).map((restart) => [autoShutdown, restart] as const),
);

test.each(policies)("nonsignificant_%s: its end ends nothing", async (restart) => {
  for (const autoShutdown of ["never", "any-significant", "all-significant"] as const) {
    const child = fake("child1", { restart });
    const { supervisor, settle } = await setUp({ autoShutdown }, child);
    child.complete();
    await settle();
    expect(supervisor.snapshot().state).toBe("running");
    await supervisor.stop();
  }
});

test.each(significantCases)(
  "significant_temporary, significant_transient: %s, %s",
  async (autoShutdown, restart) => {
    const [child1, child2] = ["child1", "child2"].map((id) => fake(id, { restart, significant: true })) as [
      FakeChild,
      FakeChild,
    ];
    const { supervisor, settle } = await setUp({ autoShutdown }, child1, child2);
    // Stopped on request: never a reason to end.
    await supervisor.stopChild("child1");
    await settle();
    expect(supervisor.snapshot().state).toBe("running");
    if (restart === "transient") {
      await supervisor.restartChild("child1");
      // A crash is no end for a transient child, it comes back.
      child1.crash();
      await settle();
      expect([child1.isRunning, supervisor.snapshot().state]).toEqual([true, "running"]);
      child1.complete();
      await settle();
      expect(supervisor.snapshot().state).toBe(autoShutdown === "any-significant" ? "stopped" : "running");
      if (autoShutdown === "any-significant") return;
    }
    if (restart === "temporary") {
      child2.crash();
      expect(await supervisor.done).toMatchObject({
        kind: "failed",
        error: { code: "REQUIRED_CHILD_FAILED" },
      });
      return;
    }
    child2.complete();
    expect(await supervisor.done).toMatchObject({ kind: "auto-shutdown", id: "child2" });
  },
);

test("significant_simple: the last significant member of a pool to end ends it", async () => {
  const { supervisor, settle } = await setUp({ autoShutdown: "all-significant", stopOrder: "together" });
  const members = ["1", "2", "3"].map((id) => fake(id, { restart: "temporary", significant: true }));
  for (const { spec } of members) await supervisor.startChild(spec);
  for (const member of members) {
    await settle();
    expect(supervisor.snapshot().state).toBe("running");
    member.complete();
  }
  expect(await supervisor.done).toMatchObject({ kind: "auto-shutdown", by: "significant" });
});

test("significant_bystander: an end caused by a sibling's restart ends nothing", async () => {
  const child1 = fake("child1");
  const child2 = fake("child2", { restart: "temporary", significant: true });
  const { supervisor, settle } = await setUp({ strategy: "one-for-all" }, child1, child2);
  child1.crash();
  await settle();
  expect(states(supervisor)).toEqual(["child1 running"]);
  await supervisor.stop();
});

test("significant_escalation: a nested supervisor that ended itself is, for its parent, a child that ended", async () => {
  const clock = new VirtualClock();
  const leaf = fake("leaf", { restart: "transient", significant: true });
  const nested = supervisorChild(
    "nested",
    { clock, children: [leaf.spec] },
    { restart: "transient", significant: true },
  );
  const { supervisor } = await setUp({ clock, children: [nested] }, fake("sibling"));
  leaf.complete();
  expect(await supervisor.done).toMatchObject({ kind: "auto-shutdown", id: "nested", by: "significant" });
});

// others

test("child_unlink: a child that does not listen any more cannot hang the supervisor", async () => {
  const clock = new VirtualClock();
  const child = fake("child1", { clock, stopMs: Number.POSITIVE_INFINITY, stop: { timeoutMs: 5_000 } });
  const { supervisor } = await setUp({ clock }, child);
  const stopping = supervisor.stopChild("child1");
  await clock.advance(5_000);
  await stopping;
  await supervisor.stop();
});

test("tree: a leaf's restart leaves the rest alone, a group restart drops what was added, and counts hold at three levels", async () => {
  const clock = new VirtualClock();
  const { fakes } = three({}, ["a", "b", "c"]);
  const [a, b, c] = fakes as [FakeChild, FakeChild, FakeChild];
  const { supervisor, settle } = await setUp({
    clock,
    children: [
      supervisorChild("left", { clock, strategy: "one-for-all", children: [a.spec, b.spec] }),
      supervisorChild("right", { clock, children: [supervisorChild("deep", { clock, children: [c.spec] })] }),
    ],
  });
  const tree = () => {
    const [left, right] = supervisor.snapshot().children;
    const size = (node: typeof left) => node?.tree?.children.length;
    return [size(left), size(right), right?.tree?.children[0]?.tree?.children.length];
  };
  expect(tree()).toEqual([2, 1, 1]);
  c.crash();
  await settle();
  expect([a.starts, b.starts, c.starts]).toEqual([1, 1, 2]);
  a.crash();
  await settle();
  expect([a.starts, b.starts, c.starts, tree()]).toEqual([2, 2, 2, [2, 1, 1]]);
  await supervisor.stop();
  expect([a.isRunning, b.isRunning, c.isRunning]).toEqual([false, false, false]);
});

test.each(["count_children", "count_children_supervisor"])("%s: 1,000, 2,000, none", async (name) => {
  const clock = new VirtualClock();
  const { supervisor, settle } = await setUp({ clock, stopOrder: "together" });
  const members: FakeChild[] = [];
  const add = async (count: number) => {
    for (let i = 0; i < count; i++) {
      const member = fake(`${members.length}`, { restart: "temporary" });
      members.push(member);
      const nested = supervisorChild(member.spec.id, {
        clock,
        children: [{ ...member.spec, significant: true }],
      });
      await supervisor.startChild(
        name.endsWith("supervisor") ? { ...nested, restart: "temporary" } : member.spec,
      );
    }
    return counts(supervisor);
  };
  expect(await add(1_000)).toEqual({ specs: 1_000, active: 1_000 });
  expect(await add(1_000)).toEqual({ specs: 2_000, active: 2_000 });
  for (const member of members) member.complete();
  await settle();
  expect(counts(supervisor)).toEqual({ specs: 0, active: 0 });
  await supervisor.stop();
});

test("count_restarting_children: specs stay and active falls while restarts fail", async () => {
  const backoff = { initialMs: 100, factor: 1, maxMs: 100 };
  const { supervisor, clock, settle } = await setUp({ intensity: 1_000 });
  const members = ["1", "2", "3"].map((id) => fake(id, { ...told, backoff }));
  for (const member of members) {
    const added = supervisor.startChild(member.spec);
    await settle();
    member.ready();
    await added;
  }
  for (const [index, member] of members.entries()) {
    member.failStarts(1_000);
    member.crash();
    await clock.advance(250);
    expect(counts(supervisor)).toEqual({ specs: 3, active: 2 - index });
  }
  await supervisor.stop();
});

for (const name of [
  "do_not_save_start_parameters_for_temporary_children",
  "do_not_save_child_specs_for_temporary_children",
]) {
  test.each(["one-for-one", "one-for-all", "rest-for-one"] as const)(`${name}: %s`, async (strategy) => {
    for (const end of ["normal", "abnormal", "shutdown"]) {
      const { supervisor, settle } = await setUp({ strategy }, fake("other"));
      const child = fake("child1", { restart: "temporary" });
      await supervisor.startChild(child.spec);
      endings[end]?.[0](child);
      await settle();
      expect(states(supervisor)).toEqual(["other running"]);
      await expect(supervisor.restartChild("child1")).rejects.toMatchObject({ code: "CHILD_NOT_FOUND" });
      await supervisor.stop();
    }
  });
}

test("simple_one_for_one_scale_many_temporary_children: ten times the children, not a hundred times the time", async () => {
  const churn = async (count: number) => {
    const { supervisor, settle } = await setUp({ stopOrder: "together" });
    const members = Array.from({ length: count }, (_, i) => fake(`${i}`, { restart: "temporary" }));
    for (const { spec } of members) await supervisor.startChild(spec);
    for (const member of members) member.complete();
    await settle();
    expect(counts(supervisor).specs).toBe(0);
    await supervisor.stop();
  };
  expect(await growth(churn, 2_000, 2.5)).toBeLessThan(2.5);
});

test("scale_start_stop_many_children: starting and stopping grow with the number of children, no faster", async () => {
  const cycle = async (count: number) => {
    const { supervisor } = await setUp({}, ...Array.from({ length: count }, (_, i) => fake(`${i}`)));
    await supervisor.stop();
  };
  expect(await growth(cycle, 2_000, 2.5)).toBeLessThan(2.5);
});

test("simple_global_supervisor: a supervisor that is killed comes back with its children, under the same name", async () => {
  const clock = new VirtualClock();
  const leaf = fake("leaf");
  const { supervisor, settle } = await setUp({
    clock,
    children: [supervisorChild("middle", { clock, intensity: 0, children: [leaf.spec] })],
  });
  leaf.crash();
  await settle();
  expect([leaf.starts, leaf.live.length, states(supervisor)]).toEqual([2, 1, ["middle running"]]);
  await supervisor.stop();
});

test.each([
  ["hanging_restart_loop", "one-for-one", "reverse"],
  ["hanging_restart_loop_rest_for_one", "rest-for-one", "reverse"],
  ["hanging_restart_loop_simple", "one-for-one", "together"],
] as const)(
  "%s: in an endless restart loop the supervisor still answers, deletes not, and stops",
  async (_name, strategy, stopOrder) => {
    const clock = new VirtualClock();
    const child1 = fake("child1", { ready: async () => {} });
    const [child0, child2] = [fake("child0"), fake("child2")];
    const { supervisor } = await setUp(
      { clock, strategy, stopOrder, intensity: 1e9 },
      child0,
      child1,
      child2,
    );
    const backoff = { initialMs: 1, factor: 1, maxMs: 1 };
    await supervisor.stopChild("child1");
    await supervisor.deleteChild("child1");
    const looping = fake("looping", { ready: async () => {}, backoff });
    await supervisor.startChild(looping.spec);
    looping.failStarts(1e9);
    looping.crash();
    await clock.advance(50);
    expect(looping.starts).toBeGreaterThan(40);
    expect(states(supervisor)).toEqual(["child0 running", "child2 running", "looping restarting"]);
    await expect(supervisor.deleteChild("looping")).rejects.toMatchObject({ code: "CHILD_RESTARTING" });
    await expect(supervisor.restartChild("looping")).rejects.toMatchObject({ code: "CHILD_RESTARTING" });
    await supervisor.stopChild("looping");
    const starts = looping.starts;
    await clock.advance(50);
    expect(looping.starts).toBe(starts);
    await supervisor.deleteChild("looping");
    const again = fake("again", { ready: async () => {}, backoff });
    await supervisor.startChild(again.spec);
    again.failStarts(1e9);
    again.crash();
    await clock.advance(10);
    expect(await supervisor.stop(shutdown)).toMatchObject({ kind: "stopped", left: [] });
    expect(clock.pending).toBe(0);
  },
);

test("hanging_restart_loop: without any delay between the restarts too, other changes get their turn", async () => {
  const { supervisor } = await setUp({ intensity: 1e9 }, fake("other"));
  const child = fake("child1", { ready: async () => {} });
  await supervisor.startChild(child.spec);
  child.failStarts(1e9);
  child.crash();
  await supervisor.startChild(fake("late").spec);
  expect(states(supervisor)).toContain("late running");
  expect(await supervisor.stop(shutdown)).toMatchObject({ kind: "stopped" });
});

test("order_of_children: the order is that of the specs, in a start, a group restart and a stop", async () => {
  const ids = ["zebra", "apple", "mango", "berry", "1"];
  const { fakes, log } = three({}, ids);
  const { supervisor, settle } = await setUp({ strategy: "rest-for-one" }, ...fakes);
  expect(lines(log, "start")).toEqual(ids.map((id) => `start ${id}`));
  log.length = 0;
  fakes[2]?.crash();
  await settle();
  expect(lines(log, "stop")).toEqual(["stop 1", "stop berry"]);
  expect(lines(log, "start")).toEqual(["start mango", "start berry", "start 1"]);
  log.length = 0;
  await supervisor.stop();
  expect(lines(log, "stop")).toEqual([...ids].reverse().map((id) => `stop ${id}`));
});
