import { expect, test } from "vitest";
import type { Hook } from "../src/index.ts";
import { all, failure, hang, loop, setUp, user } from "./service-rig.ts";

test.each([
  ["preStart", "PRE_START_FAILED", 200],
  ["onStart", "ON_START_FAILED", 200],
  ["onStop", "ON_STOP_FAILED", 200],
  ["postStop", "POST_STOP_FAILED", 200],
] as const)("D-15 a hanging %s holds the service no longer than its own limit", async (hook, code, limit) => {
  const { clock, service } = setUp(
    { run: { kind: "complete" }, [hook]: hang },
    { hookTimeoutsMs: { [hook]: limit } },
  );
  const failed = failure(service.start());
  await clock.advance(limit - 1);
  let ended = false;
  void failed.then(() => {
    ended = true;
  });
  await clock.advance(0);
  expect(ended).toBe(false);
  await clock.advance(1);
  expect(await failed).toMatchObject({
    code,
    cause: { code: "HOOK_TIMED_OUT", details: { deadlineMs: limit } },
  });
  expect(clock.pending).toBe(0);
});

test("D-15 run may be limited too, counted from the shutdown", async () => {
  const { clock, service, handle } = setUp({ run: hang }, { hookTimeoutsMs: { run: 100 } });
  const failed = failure(service.start());
  await clock.advance(50_000);
  handle.requestShutdown();
  await clock.advance(100);
  expect(await failed).toMatchObject({
    code: "SHUTDOWN_DEADLINE_EXCEEDED",
    details: { pending: [{ phase: "run", name: "run", kind: "hook", ageMs: 50_100 }] },
  });
});

const hooksThatHang: readonly (readonly Hook[])[] = [
  ["run"],
  ["onStop"],
  ["postStop"],
  ["run", "onStop"],
  ["onStop", "postStop"],
  ["run", "onStop", "postStop"],
];

test.each(hooksThatHang.flatMap((hooks) => [0, 1, 5].map((tasks) => [hooks, tasks] as const)))(
  "D-15 with %j hung and %d deaf tasks the stop ends by its one budget, each of them named",
  async (hooks, deaf) => {
    const orders = Object.fromEntries(hooks.map((hook) => [hook, hang]));
    const { clock, node, service, handle } = setUp(orders);
    const failed = failure(service.start());
    await clock.advance(0);
    for (let i = 0; i < deaf; i++)
      node.contexts.run?.tasks.spawn(`deaf ${i}`, loop, () => new Promise(() => {}));
    handle.requestShutdown(user);
    await clock.advance(1_000);
    const error = await failed;
    expect(error.code).toBe("SHUTDOWN_DEADLINE_EXCEEDED");
    expect(error.details.pending).toHaveLength(hooks.length + deaf);
    expect(node.calls).toEqual(all);
    expect(clock.pending).toBe(0);
  },
);

test("D-15 one phase may use what the others do not need of the budget", async () => {
  const { clock, service, handle } = setUp({ onStop: { kind: "delay", ms: 890 } });
  const status = service.start();
  await clock.advance(0);
  handle.requestShutdown(user);
  await clock.advance(890);
  expect((await status).exitCode).toBe(0);
});

test("D-15 a start hook that hangs is left behind by the budget once a shutdown is asked", async () => {
  const { clock, node, service, handle } = setUp({ onStart: hang });
  const failed = failure(service.start());
  await clock.advance(5);
  handle.requestShutdown(user);
  expect(handle.pending()).toEqual([{ phase: "onStart", name: "onStart", kind: "hook", ageMs: 5 }]);
  await clock.advance(1_000);
  expect(await failed).toMatchObject({
    code: "SHUTDOWN_DEADLINE_EXCEEDED",
    details: { pending: [{ phase: "onStart" }] },
  });
  expect(node.calls).toEqual(["preStart", "onStart", "postStop"]);
});

test("D-15 a hung run leaves a tenth of the budget to each stop hook, which ends in peace", async () => {
  const tenth = { kind: "delay", ms: 99 } as const;
  const { clock, service, handle } = setUp({ run: hang, onStop: tenth, postStop: tenth });
  const failed = failure(service.start());
  await clock.advance(0);
  handle.requestShutdown(user);
  await clock.advance(1_000);
  expect((await failed).details.pending).toMatchObject([{ phase: "run", ageMs: 700 }]);
});
