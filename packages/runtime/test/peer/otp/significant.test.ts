// Cases of OTP's supervisor_SUITE by name; how its words are meant here: ../README.md
import { expect, test } from "vitest";
import type { AutoShutdown, Restart, Supervisor } from "../../../src/index.ts";
import { type FakeChild, VirtualClock } from "../../../src/testing/index.ts";
import { exitsIn, fake, nested, pool, setUp, shutdown, states, watched } from "../rig.ts";

const modes: readonly AutoShutdown[] = ["never", "any-significant", "all-significant"];

/** Two significant children and one that is not. */
const threeOf = async (restart: Restart, autoShutdown: AutoShutdown) => {
  const child = (id: string, significant: boolean) => fake(id, { restart, significant });
  const [child1, child2, child3] = [child("child1", true), child("child2", true), child("child3", false)];
  const rig = await setUp({ autoShutdown, intensity: 5 }, child1, child2, child3);
  const running = () => [child1, child2, child3].map(({ isRunning }) => isRunning);
  return { ...rig, child1, child2, child3, running };
};
const all = [true, true, true];
const none = [false, false, false];
const ended = { kind: "auto-shutdown", by: "significant", left: [] };

test("nonsignificant_temporary: neither its stop nor any end of it ends anything", async () => {
  for (const autoShutdown of modes) {
    const { supervisor, settle } = await setUp({ autoShutdown });
    const ends: ((child: FakeChild) => Promise<void> | void)[] = [
      () => supervisor.stopChild("child1"),
      (child: FakeChild) => child.crash(new Error("killed")),
      (child: FakeChild) => child.crash(),
      (child: FakeChild) => child.complete(),
    ];
    for (const end of ends) {
      const child = fake("child1", { restart: "temporary" });
      await supervisor.startChild(child.spec);
      await end(child);
      await settle();
      expect([child.isRunning, supervisor.snapshot().state]).toEqual([false, "running"]);
    }
    expect(await supervisor.stop(shutdown)).toMatchObject({ kind: "stopped" });
  }
});

test("nonsignificant_transient: its stop and its normal end end nothing, and after a crash it is back", async () => {
  for (const autoShutdown of modes) {
    const child = fake("child1", { restart: "transient" });
    const { supervisor, settle } = await setUp({ autoShutdown, intensity: 5 }, child);
    await supervisor.stopChild("child1");
    await settle();
    expect(states(supervisor)).toEqual(["child1 stopped"]);
    await supervisor.restartChild("child1");
    for (const error of [new Error("killed"), new Error("abnormal")]) {
      child.crash(error);
      await settle();
      expect(states(supervisor)).toEqual(["child1 running"]);
    }
    child.complete();
    await settle();
    expect([states(supervisor), supervisor.snapshot().state]).toEqual([["child1 stopped"], "running"]);
    expect([child.starts, (await supervisor.stop(shutdown)).kind]).toEqual([4, "stopped"]);
  }
});

test("significant_temporary: a stop by request ends nothing, any end of its own does; of several, the last", async () => {
  const stopped = await threeOf("temporary", "any-significant");
  await stopped.supervisor.stopChild("child1");
  await stopped.settle();
  expect([stopped.running(), stopped.supervisor.snapshot().state]).toEqual([[false, true, true], "running"]);
  // The one that was stopped can be added again, and still counts.
  await stopped.supervisor.startChild(stopped.child1.spec);
  stopped.child1.crash(new Error("killed"));
  const failed = { kind: "failed", error: { code: "REQUIRED_CHILD_FAILED", details: { id: "child1" } } };
  expect(await stopped.supervisor.done).toMatchObject(failed);
  expect(stopped.running()).toEqual(none);

  const crashed = await threeOf("temporary", "any-significant");
  crashed.child1.crash();
  expect(await crashed.supervisor.done).toMatchObject(failed);
  expect(crashed.running()).toEqual(none);

  const completed = await threeOf("temporary", "any-significant");
  completed.child1.complete();
  expect(await completed.supervisor.done).toMatchObject({ ...ended, id: "child1" });
  expect(completed.running()).toEqual(none);

  const both = await threeOf("temporary", "all-significant");
  both.child1.complete();
  await both.settle();
  expect([both.running(), both.supervisor.snapshot().state]).toEqual([[false, true, true], "running"]);
  both.child2.complete();
  expect(await both.supervisor.done).toMatchObject({ ...ended, id: "child2" });
  expect(both.running()).toEqual(none);
});

test("significant_transient: a stop by request and a crash end nothing, a normal end does; of several, the last", async () => {
  const any = await threeOf("transient", "any-significant");
  await any.supervisor.stopChild("child1");
  await any.settle();
  expect([any.running(), any.supervisor.snapshot().state]).toEqual([[false, true, true], "running"]);
  await any.supervisor.restartChild("child1");
  for (const error of [new Error("killed"), new Error("abnormal")]) {
    any.child1.crash(error);
    await any.settle();
    expect([any.running(), any.supervisor.snapshot().state]).toEqual([all, "running"]);
  }
  expect([any.child1.starts, any.child2.starts, any.child3.starts]).toEqual([4, 1, 1]);
  any.child1.complete();
  expect(await any.supervisor.done).toMatchObject({ ...ended, id: "child1" });
  expect(any.running()).toEqual(none);

  const both = await threeOf("transient", "all-significant");
  both.child1.complete();
  await both.settle();
  expect([both.running(), both.supervisor.snapshot().state]).toEqual([[false, true, true], "running"]);
  both.child2.complete();
  expect(await both.supervisor.done).toMatchObject({ ...ended, id: "child2" });
  expect(both.running()).toEqual(none);
});

test("significant_simple: refused by OTP; here the last significant member of a pool to end ends it", async () => {
  const { supervisor, settle } = await setUp({ ...pool, autoShutdown: "all-significant" });
  const members = ["1", "2", "3"].map((id) => fake(id, { restart: "temporary", significant: true }));
  for (const { spec } of members) await supervisor.startChild(spec);
  for (const member of members) {
    await settle();
    expect(supervisor.snapshot().state).toBe("running");
    member.complete();
  }
  expect(await supervisor.done).toMatchObject({ ...ended, id: "3" });

  const never = await setUp({ ...pool, autoShutdown: "never" });
  expect(() =>
    never.supervisor.startChild(fake("4", { restart: "transient", significant: true }).spec),
  ).toThrow(TypeError);
  expect(await never.supervisor.stop(shutdown)).toMatchObject({ kind: "stopped" });
});

test("significant_bystander: a significant child that ends because of a sibling ends nothing", async () => {
  const expected = { "one-for-one": [1, 2, 1], "one-for-all": [2, 2, 2], "rest-for-one": [1, 2, 2] } as const;
  for (const strategy of ["one-for-one", "one-for-all", "rest-for-one"] as const) {
    for (const autoShutdown of ["any-significant", "all-significant"] as const) {
      for (const restart of ["transient", "temporary"] as const) {
        const child1 = fake("child1", { restart, significant: true });
        const child2 = fake("child2", { restart: "transient" });
        const child3 = fake("child3", { restart, significant: true });
        const { supervisor, settle } = await setUp({ strategy, autoShutdown }, child1, child2, child3);
        child2.crash();
        await settle();
        expect(supervisor.snapshot().state).toBe("running");
        const starts = [child1.starts, child2.starts, child3.starts];
        expect(starts).toEqual(restart === "transient" ? expected[strategy] : [1, 2, 1]);
        expect(await supervisor.stop(shutdown)).toMatchObject({ kind: "stopped" });
      }
    }
  }
});

test("significant_escalation: a supervisor that ended itself ends the one above, if it is significant there", async () => {
  for (const significant of [true, false]) {
    const clock = new VirtualClock();
    const leaf = fake("leaf", { restart: "transient", significant: true });
    const seen: Supervisor[] = [];
    const sup1 = nested("sup1", { clock }, { restart: "transient", significant }, seen);
    const sibling = fake("sibling");
    const { supervisor, settle } = await setUp({ clock, children: [sup1] }, sibling);
    const events = watched(supervisor);
    await seen[0]?.startChild(leaf.spec);
    leaf.complete();
    await settle();
    expect(await seen[0]?.done).toMatchObject({ ...ended, id: "leaf" });
    expect(exitsIn(events).slice(0, 2)).toEqual(["sup1/leaf completed", "sup1 completed"]);
    expect([seen.length, leaf.starts]).toEqual([1, 1]);
    if (significant) {
      expect(await supervisor.done).toMatchObject({ ...ended, id: "sup1" });
      expect(sibling.isRunning).toBe(false);
    } else {
      expect(states(supervisor)).toEqual(["sibling running", "sup1 stopped"]);
      expect(await supervisor.stop(shutdown)).toMatchObject({ kind: "stopped" });
    }
  }
});
