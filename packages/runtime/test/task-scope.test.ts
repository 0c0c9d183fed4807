import { expect, test } from "vitest";
import { ShutdownToken, TaskScope } from "../src/index.ts";
import { VirtualClock } from "../src/testing/index.ts";

const loop = { kind: "background-loop" } as const;

test("leaving the block cancels its tasks and waits for them, and leaves the parent and its other children alone", async () => {
  const clock = new VirtualClock();
  const parent = new ShutdownToken();
  const sibling = parent.childToken();
  const ended: number[] = [];
  const block = async () => {
    await using tasks = new TaskScope(parent, { clock });
    tasks.spawn("slow", loop, async (token) => {
      await token.cancelled;
      await clock.sleep(30);
      ended.push(clock.monotonic());
    });
  };
  const left = block();
  await clock.advance(29);
  expect(ended).toEqual([]);
  await clock.advance(1);
  await left;
  expect(ended).toEqual([30]);
  expect([parent.isCancelled, sibling.isCancelled, clock.pending]).toEqual([false, false, 0]);
});

test("the parent's cancellation reaches the tasks, with its reason", async () => {
  const parent = new ShutdownToken();
  await using tasks = new TaskScope(parent);
  const { done } = tasks.spawn("t", loop, (token) => token.cancelled);
  parent.cancel({ kind: "user-requested" });
  expect(await done).toEqual({ kind: "completed", value: { kind: "user-requested" } });
});

test("who is still running when the budget is spent is named, and left", async () => {
  const clock = new VirtualClock();
  const tasks = new TaskScope(undefined, { clock, budgetMs: 500 });
  tasks.spawn("deaf", loop, () => new Promise(() => {}));
  tasks.spawn("obedient", loop, (token) => token.cancelled);
  const left = expect(tasks[Symbol.asyncDispose]()).rejects.toMatchObject({
    code: "TASKS_LEFT",
    message: "tasks left after 500 ms: deaf",
    details: { laggards: [{ name: "deaf", ageMs: 500 }] },
  });
  await clock.advance(500);
  await left;
  await tasks[Symbol.asyncDispose]();
  expect(tasks.size).toBe(0);
});

test("without an option the budget is 10 s", async () => {
  const clock = new VirtualClock();
  const tasks = new TaskScope(undefined, { clock });
  tasks.spawn("deaf", loop, () => new Promise(() => {}));
  let settled = false;
  const left = tasks[Symbol.asyncDispose]().catch(() => {
    settled = true;
  });
  await clock.advance(9_999);
  expect(settled).toBe(false);
  await clock.advance(1);
  await left;
  expect(settled).toBe(true);
});
