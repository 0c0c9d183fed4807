// The cases of dig-service's suite (DIG-Network/dig-service: tests/*.rs and the tests inside src/*.rs), by name.
import { expect, test } from "vitest";
import { isGraceful, ShutdownToken, TaskRegistry } from "../../src/index.ts";
import { VirtualClock } from "../../src/testing/index.ts";
import { fail, failure, hang, loop, setUp, user } from "../service-rig.ts";

const rpc = { kind: "rpc-requested" } as const;
const registry = () => {
  const [clock, token] = [new VirtualClock(), new ShutdownToken()];
  return { clock, token, tasks: new TaskRegistry(token, { clock }) };
};

// tests/lifecycle.rs

test("happy_path_hook_order: D-02 preStart, onStart, run, onStop, postStop, each once", async () => {
  const { clock, node, service, handle } = setUp();
  const ended = service.start();
  await clock.advance(50);
  expect(node.calls).toEqual(["preStart", "onStart", "run"]);
  handle.requestShutdown(user);
  expect(await ended).toMatchObject({ reason: { kind: "requested", reason: user }, graceful: true });
  expect(node.calls).toEqual(["preStart", "onStart", "run", "onStop", "postStop"]);
});

test("pre_start_failure_short_circuits: D-03 no later hook runs", async () => {
  const { node, service } = setUp({ preStart: fail });
  expect((await failure(service.start())).code).toBe("PRE_START_FAILED");
  expect(node.calls).toEqual(["preStart"]);
});

test("run_failure_still_runs_cleanup: D-05 onStop and postStop still run", async () => {
  const { node, service } = setUp({ run: fail });
  expect((await failure(service.start())).code).toBe("RUN_FAILED");
  expect(node.calls).toEqual(["preStart", "onStart", "run", "onStop", "postStop"]);
});

test("test_node_graceful_exit: D-17 a fake that is told nothing ends gracefully when it is asked to", async () => {
  const { clock, service, handle } = setUp();
  const ended = service.start();
  await clock.advance(20);
  handle.requestShutdown(user);
  expect(await ended).toMatchObject({ graceful: true, exitCode: 0 });
  expect(clock.pending).toBe(0);
});

// tests/shutdown.rs

test("graceful_shutdown_joins_all_background_tasks: D-11 three loops are waited for", async () => {
  const { clock, node, service, handle } = setUp();
  const ended = service.start();
  await clock.advance(0);
  const log: string[] = [];
  for (const name of ["a", "b", "c"]) {
    node.contexts.run?.tasks.spawn(name, loop, async (token) => {
      log.push(`${name} begins`);
      await token.cancelled;
      await clock.sleep(5);
      log.push(`${name} ends`);
    });
  }
  await clock.advance(50);
  handle.requestShutdown(user);
  await clock.advance(4);
  expect([log, node.calls.at(-1)]).toEqual([["a begins", "b begins", "c begins"], "run"]);
  await clock.advance(1);
  expect(await ended).toMatchObject({ graceful: true });
  expect(log.slice(3).sort()).toEqual(["a ends", "b ends", "c ends"]);
});

test("shutdown_reason_shared_across_clones: D-10 whoever holds the token, or one below it, sees the first reason", () => {
  const token = new ShutdownToken();
  const [a, b] = [token, token.childToken().childToken()];
  expect(a.cancel(rpc)).toBe(true);
  expect(b.reason).toEqual(rpc);
  expect([b.cancel(user), token.cancel(user)]).toEqual([false, false]);
  expect([token.reason, b.reason]).toEqual([rpc, rpc]);
});

test("stuck_task_surfaces_deadline_exceeded: D-07 it is named, alone or in a service", async () => {
  const { clock, token, tasks } = registry();
  tasks.spawn("stuck", loop, () => clock.sleep(60_000));
  token.cancel(user);
  const joined = tasks.joinAll(30);
  await clock.advance(30);
  expect((await joined).laggards).toMatchObject([{ name: "stuck", kind: "background-loop", ageMs: 30 }]);

  const { clock: time, service, handle } = setUp({ onStop: hang });
  const failed = failure(service.start());
  await time.advance(0);
  handle.requestShutdown(user);
  await time.advance(1_000);
  const error = await failed;
  expect(error.code).toBe("SHUTDOWN_DEADLINE_EXCEEDED");
  expect(error.details).toMatchObject({ deadlineMs: 1_000, pending: [{ phase: "onStop" }] });
});

// src/tasks.rs

test("empty_on_construction: D-11", () => {
  const { tasks } = registry();
  expect([tasks.size, tasks.snapshot()]).toEqual([0, []]);
});

test("spawn_registers: D-11 by name and kind", () => {
  const { tasks } = registry();
  tasks.spawn("t1", loop, () => new Promise(() => {}));
  expect(tasks.size).toBe(1);
  expect(tasks.snapshot()).toMatchObject([{ name: "t1", kind: "background-loop", state: "running" }]);
});

test("join_all_awaits_fast_tasks: D-11 it resolves when the last has ended, not before", async () => {
  const { clock, tasks } = registry();
  const order: string[] = [];
  tasks.spawn("fast", loop, async () => {
    await clock.sleep(5);
    order.push("ended");
  });
  const joined = tasks.joinAll(5_000).then((report) => {
    order.push("joined");
    return report;
  });
  await clock.advance(4);
  expect(order).toEqual([]);
  await clock.advance(1);
  expect([order, (await joined).laggards]).toEqual([["ended", "joined"], []]);
});

test("join_all_aborts_slow_tasks: D-07 who outlasts the deadline is told to abort, and counted", async () => {
  const { clock, tasks } = registry();
  const slow = tasks.spawn("slow", loop, () => clock.sleep(60_000));
  const quick = tasks.spawn("quick", loop, (token) => clock.sleep(60_000, token));
  const joined = tasks.joinAll(20);
  await clock.advance(20);
  expect((await joined).laggards.map(({ name, state }) => [name, state])).toEqual([["slow", "aborting"]]);
  expect([slow.token.isCancelled, await quick.done]).toMatchObject([true, { kind: "completed" }]);
  expect(tasks.size).toBe(0);
});

// src/shutdown.rs

test("fresh_token_is_uncancelled: D-10", () => {
  const token = new ShutdownToken();
  expect([token.isCancelled, token.reason, token.signal.aborted]).toEqual([false, undefined, false]);
});

test("cancel_sets_state: D-10 and who is told of it finds the reason already there", () => {
  const token = new ShutdownToken();
  const seen: unknown[] = [];
  token.onCancel(() => seen.push(token.reason));
  token.cancel(user);
  expect([token.isCancelled, token.reason, seen]).toEqual([true, user, [user]]);
});

test("cancel_reason_is_first_wins: D-10", () => {
  const token = new ShutdownToken();
  token.cancel(user);
  expect(token.cancel({ kind: "fatal", message: "too late" })).toBe(false);
  expect(token.reason).toEqual(user);
});

test("clone_shares_state: D-12 a handle asks the very token that the hooks wait for", async () => {
  const { clock, node, service, handle } = setUp();
  const ended = service.start();
  await clock.advance(0);
  expect(node.contexts.run?.shutdown.isCancelled).toBe(false);
  service.handle().requestShutdown(rpc);
  expect(node.contexts.run?.shutdown.reason).toEqual(rpc);
  expect(handle.requestShutdown(user)).toBe(false);
  expect((await ended).reason).toEqual({ kind: "requested", reason: rpc });
});

test("exit_status_is_graceful_classifies_correctly: D-09", () => {
  expect(isGraceful({ kind: "run-completed" })).toBe(true);
  expect(isGraceful({ kind: "requested", reason: user })).toBe(true);
  expect(isGraceful({ kind: "requested", reason: { kind: "fatal", message: "x" } })).toBe(false);
  expect(isGraceful({ kind: "run-failed", error: new Error("boom") })).toBe(false);
});
