// Cases of OTP's supervisor_SUITE by name; how its words are meant here: ../README.md
import { expect, test } from "vitest";
import { Supervisor } from "../../../src/index.ts";
import { counts, fake, pool, setUp, states, watched } from "../rig.ts";

const asks = ["stopChild", "restartChild", "deleteChild"] as const;

test("extra_return: each run is told who it is; stop, restart, delete and start, and every wrong order", async () => {
  const child = fake("child1");
  const { supervisor, settle } = await setUp({}, child);
  expect(child.live[0]).toMatchObject({ id: "child1", run: 1 });
  for (const ask of asks) {
    await expect(supervisor[ask]("hej")).rejects.toMatchObject({
      code: "CHILD_NOT_FOUND",
      details: { id: "hej" },
    });
  }
  await expect(supervisor.deleteChild("child1")).rejects.toMatchObject({ code: "CHILD_RUNNING" });
  await expect(supervisor.restartChild("child1")).rejects.toMatchObject({ code: "CHILD_RUNNING" });
  expect(counts(supervisor)).toEqual({ specs: 1, active: 1 });

  await supervisor.stopChild("child1");
  expect(states(supervisor)).toEqual(["child1 stopped"]);
  await supervisor.restartChild("child1");
  expect(child.live[0]).toMatchObject({ id: "child1", run: 2 });

  await supervisor.stopChild("child1");
  await supervisor.stopChild("child1");
  await supervisor.deleteChild("child1");
  await expect(supervisor.restartChild("child1")).rejects.toMatchObject({ code: "CHILD_NOT_FOUND" });
  expect(counts(supervisor)).toEqual({ specs: 0, active: 0 });

  await supervisor.startChild(child.spec);
  expect(child.live[0]).toMatchObject({ id: "child1", run: 1 });
  const before = child.live[0];
  child.crash();
  await settle();
  expect(states(supervisor)).toEqual(["child1 running"]);
  expect(child.live[0]).toMatchObject({ run: 2 });
  expect(child.live).not.toContain(before);
  await supervisor.stop();
});

test("child_adm: what can be asked of a child that runs, has stopped, is deleted, or never was", async () => {
  const child = fake("child1");
  const { supervisor } = await setUp({}, child);
  await expect(supervisor.startChild(child.spec)).rejects.toMatchObject({ code: "CHILD_EXISTS" });
  expect(child.live).toHaveLength(1);

  await expect(supervisor.stopChild("hej")).rejects.toMatchObject({ code: "CHILD_NOT_FOUND" });
  await supervisor.stopChild("child1");
  expect(supervisor.snapshot().children).toMatchObject([{ state: "stopped", lastExit: { kind: "stopped" } }]);
  await supervisor.stopChild("child1");
  await expect(supervisor.startChild(child.spec)).rejects.toMatchObject({ code: "CHILD_EXISTS" });
  expect(counts(supervisor)).toEqual({ specs: 1, active: 0 });

  await supervisor.restartChild("child1");
  expect(counts(supervisor)).toEqual({ specs: 1, active: 1 });
  await expect(supervisor.restartChild("child1")).rejects.toMatchObject({ code: "CHILD_RUNNING" });
  await expect(supervisor.restartChild("child2")).rejects.toMatchObject({ code: "CHILD_NOT_FOUND" });

  await expect(supervisor.deleteChild("child1")).rejects.toMatchObject({ code: "CHILD_RUNNING" });
  await expect(supervisor.deleteChild("hej")).rejects.toMatchObject({ code: "CHILD_NOT_FOUND" });
  await supervisor.stopChild("child1");
  await supervisor.deleteChild("child1");
  await expect(supervisor.restartChild("child1")).rejects.toMatchObject({ code: "CHILD_NOT_FOUND" });
  expect(counts(supervisor)).toEqual({ specs: 0, active: 0 });

  await supervisor.startChild(child.spec);
  expect(counts(supervisor)).toEqual({ specs: 1, active: 1 });
  await supervisor.stop();

  // Nobody to ask: it has ended, or has not begun.
  for (const nobody of [supervisor, new Supervisor()]) {
    const events = watched(nobody);
    for (const ask of asks) {
      await expect(nobody[ask]("child1")).rejects.toMatchObject({ code: "NOT_RUNNING" });
    }
    await expect(nobody.startChild(child.spec)).rejects.toMatchObject({ code: "NOT_RUNNING" });
    expect(events).toEqual([]);
  }
});

test("child_adm_simple: members come and go one by one, and a stranger is no member", async () => {
  const { supervisor } = await setUp(pool);
  const [one, two] = ["1", "2"].map((id) => fake(id, { restart: "temporary" }));
  expect(counts(supervisor)).toEqual({ specs: 0, active: 0 });
  if (one) await supervisor.startChild(one.spec);
  expect(states(supervisor)).toEqual(["1 running"]);
  if (two) await supervisor.startChild(two.spec);
  expect(states(supervisor)).toEqual(["1 running", "2 running"]);
  for (const ask of asks) {
    await expect(supervisor[ask]("child1")).rejects.toMatchObject({ code: "CHILD_NOT_FOUND" });
  }
  await supervisor.stopChild("1");
  expect([states(supervisor), one?.isRunning]).toEqual([["2 running"], false]);
  await expect(supervisor.stopChild("1")).rejects.toMatchObject({ code: "CHILD_NOT_FOUND" });
  await expect(supervisor.restartChild("1")).rejects.toMatchObject({ code: "CHILD_NOT_FOUND" });
  expect(counts(supervisor)).toEqual({ specs: 1, active: 1 });
  await supervisor.stop();
});

test("which_children: the list follows every start, stop and deletion", async () => {
  const { supervisor } = await setUp();
  expect(states(supervisor)).toEqual([]);
  await supervisor.startChild(fake("child1").spec);
  expect(states(supervisor)).toEqual(["child1 running"]);
  await supervisor.startChild(fake("child2").spec);
  expect(states(supervisor)).toEqual(["child1 running", "child2 running"]);
  await supervisor.stopChild("child1");
  expect(states(supervisor)).toEqual(["child1 stopped", "child2 running"]);
  await supervisor.deleteChild("child1");
  expect(states(supervisor)).toEqual(["child2 running"]);
  await supervisor.stop();
});

test("which_children_simple_one_for_one: a temporary member that is stopped is not in the list any more", async () => {
  const { supervisor } = await setUp(pool);
  expect(states(supervisor)).toEqual([]);
  for (const id of ["1", "2"]) await supervisor.startChild(fake(id, { restart: "temporary" }).spec);
  expect(states(supervisor)).toEqual(["1 running", "2 running"]);
  await supervisor.stopChild("1");
  expect(states(supervisor)).toEqual(["2 running"]);
  await supervisor.stop();
});
