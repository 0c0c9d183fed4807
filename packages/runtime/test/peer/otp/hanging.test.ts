// Cases of OTP's supervisor_SUITE by name; how its words are meant here: ../README.md
import { expect, test } from "vitest";
import { type FakeChild, VirtualClock } from "../../../src/testing/index.ts";
import { counts, fake, pool, setUp, shutdown, states } from "../rig.ts";

/** A restart loop that turns for ever: every start fails, and the intensity is never spent. */
const looping = (id: string) => {
  const backoff = { initialMs: 10, factor: 1, maxMs: 10 };
  return fake(id, { ready: async () => {}, stop: "brutal", backoff });
};
const crashFor = async (clock: VirtualClock, child: FakeChild) => {
  child.failStarts(Number.POSITIVE_INFINITY);
  child.crash();
  const { starts } = child;
  await clock.advance(2_000);
  expect(child.starts - starts).toBe(200);
};
const standsStill = async (clock: VirtualClock, child: FakeChild) => {
  const { starts } = child;
  await clock.advance(2_000);
  expect([child.starts, clock.pending]).toEqual([starts, 0]);
};

test("hanging_restart_loop: in a restart loop the supervisor answers, lets itself be told to give up, and stops", async () => {
  const clock = new VirtualClock();
  const { supervisor, exits } = await setUp({ clock, intensity: 1e9 });
  const child1 = looping("child1");
  await supervisor.startChild(child1.spec);
  await crashFor(clock, child1);
  await expect(supervisor.startChild(child1.spec)).rejects.toMatchObject({ code: "CHILD_EXISTS" });
  await expect(supervisor.restartChild("child1")).rejects.toMatchObject({ code: "CHILD_RESTARTING" });
  await expect(supervisor.deleteChild("child1")).rejects.toMatchObject({ code: "CHILD_RESTARTING" });
  expect([states(supervisor), counts(supervisor)]).toEqual([["child1 restarting"], { specs: 1, active: 0 }]);
  await supervisor.stopChild("child1");
  expect([states(supervisor), clock.pending]).toEqual([["child1 stopped"], 0]);
  await standsStill(clock, child1);
  child1.failStarts(0);
  await supervisor.restartChild("child1");
  expect(states(supervisor)).toEqual(["child1 running"]);
  await crashFor(clock, child1);
  expect(await supervisor.stop(shutdown)).toEqual({ kind: "stopped", reason: shutdown, left: [] });
  expect(clock.pending).toBe(0);
  expect(new Set(exits())).toEqual(new Set(["child1 failed"]));
});

test("hanging_restart_loop_rest_for_one: the later child waits with it until it is given up, the earlier one is not touched", async () => {
  const clock = new VirtualClock();
  const brutal = { stop: "brutal" } as const;
  const [child1, child2, child3] = [fake("child1", brutal), looping("child2"), fake("child3", brutal)];
  const { supervisor } = await setUp(
    { clock, strategy: "rest-for-one", intensity: 1e9 },
    child1,
    child2,
    child3,
  );
  const first = child1.live[0];
  await crashFor(clock, child2);
  await expect(supervisor.startChild(child2.spec)).rejects.toMatchObject({ code: "CHILD_EXISTS" });
  await expect(supervisor.restartChild("child2")).rejects.toMatchObject({ code: "CHILD_RESTARTING" });
  await expect(supervisor.deleteChild("child2")).rejects.toMatchObject({ code: "CHILD_RESTARTING" });
  expect(states(supervisor)).toEqual(["child1 running", "child2 restarting", "child3 restarting"]);
  expect([counts(supervisor), child3.starts]).toEqual([{ specs: 3, active: 1 }, 1]);
  await supervisor.stopChild("child2");
  await standsStill(clock, child2);
  expect(states(supervisor)).toEqual(["child1 running", "child2 stopped", "child3 running"]);
  expect(child1.live).toEqual([first]);
  child2.failStarts(0);
  await supervisor.restartChild("child2");
  await crashFor(clock, child2);
  expect(await supervisor.stop(shutdown)).toMatchObject({ kind: "stopped", left: [] });
  expect(clock.pending).toBe(0);
});

test("hanging_restart_loop_simple: the same in a pool, and a member that is told to give up leaves its place", async () => {
  const clock = new VirtualClock();
  const { supervisor } = await setUp({ ...pool, clock, intensity: 1e9 });
  const child1 = looping("child1");
  await supervisor.startChild(child1.spec);
  await crashFor(clock, child1);
  await expect(supervisor.restartChild("child1")).rejects.toMatchObject({ code: "CHILD_RESTARTING" });
  await expect(supervisor.deleteChild("child1")).rejects.toMatchObject({ code: "CHILD_RESTARTING" });
  expect([states(supervisor), counts(supervisor)]).toEqual([["child1 restarting"], { specs: 1, active: 0 }]);
  await supervisor.stopChild("child1");
  await supervisor.deleteChild("child1");
  expect(clock.pending).toBe(0);
  await standsStill(clock, child1);
  expect(states(supervisor)).toEqual([]);
  child1.failStarts(0);
  await supervisor.startChild(child1.spec);
  await crashFor(clock, child1);
  expect(await supervisor.stop(shutdown)).toMatchObject({ kind: "stopped", left: [] });
  expect(clock.pending).toBe(0);
});

test("hanging_restart_loop: without any delay between the restarts too, other changes get their turn", async () => {
  const { supervisor } = await setUp({ intensity: 1e9 }, fake("other"));
  const child = fake("child1", { ready: async () => {} });
  await supervisor.startChild(child.spec);
  child.failStarts(Number.POSITIVE_INFINITY);
  child.crash();
  await supervisor.startChild(fake("late").spec);
  expect(states(supervisor)).toContain("late running");
  expect(await supervisor.stop(shutdown)).toMatchObject({ kind: "stopped" });
});
