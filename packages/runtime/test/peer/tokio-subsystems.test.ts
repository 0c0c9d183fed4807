// Of tokio-graceful-shutdown's suite, as in `tokio-graceful-shutdown.test.ts`: who is alive, tokens of one's own, and aborts.
import { expect, test } from "vitest";
import { type ChildSpec, ShutdownToken, type Supervisor, type TaskRegistry } from "../../src/index.ts";
import { VirtualClock } from "../../src/testing/index.ts";
import { loop, user } from "../service-rig.ts";
import { exitsIn, nested, settledAfter, states } from "./rig.ts";
import { polite, program, subsystems, toplevel, waits } from "./tokio-rig.ts";

test("is_shutdown_requested_works_as_intended: at once after the request", async () => {
  const seen: boolean[] = [];
  const { ended } = program(async ({ shutdown }) => {
    seen.push(shutdown.isCancelled);
    shutdown.cancel(user);
    seen.push(shutdown.isCancelled);
  }, 100);
  expect([(await ended).graceful, seen]).toEqual([true, [false, true]]);
});

test("access_name_from_within_subsystem: it knows its name, and its events come with its whole path", async () => {
  const clock = new VirtualClock();
  const names: string[] = [];
  const { supervisor, events } = toplevel(
    [subsystems("subsys_top", clock, { id: "subsys_nested", start: ({ id }) => names.push(id) })],
    { clock },
  );
  await clock.advance(0);
  expect(names).toContain("subsys_nested");
  expect(exitsIn(events)).toContain("subsys_top/subsys_nested completed");
  await supervisor.stop();
});

const query = (tasks: TaskRegistry) => tasks.snapshot().map(({ name, ageMs }) => `${name} ${ageMs}`);

test("query_subsystem_alive: who is alive is in the snapshot, and leaves it in the moment it ends", async () => {
  const { clock, service, ended } = program(async ({ clock, tasks }) => {
    const nested = tasks.spawn("subsys_nested", loop, () => clock.sleep(1_000));
    expect(query(tasks)).toEqual(["subsys_nested 0"]);
    await clock.sleep(500);
    expect(query(tasks)).toEqual(["subsys_nested 500"]);
    expect(await nested.done).toEqual({ kind: "completed", value: "elapsed" });
    expect([clock.monotonic(), tasks.size]).toEqual([1_000, 0]);
    await clock.sleep(1_500);
  }, 100);
  await clock.advance(2_000);
  expect(service.handle().pending()).toMatchObject([{ phase: "run", ageMs: 2_000 }]);
  await clock.advance(500);
  expect((await ended).graceful).toBe(true);
});

test("query_multidepth_subsystem_alive: a child is running as long as anything below it is", async () => {
  const clock = new VirtualClock();
  const seen: Supervisor[] = [];
  const lasts = (id: string, ms: number): ChildSpec => ({
    id,
    restart: "transient",
    significant: true,
    start: () => clock.sleep(ms),
  });
  const d1 = nested(
    "d1",
    { clock, autoShutdown: "all-significant", children: [lasts("own", 1_000), lasts("d2", 2_000)] },
    { restart: "transient" },
    seen,
  );
  const { supervisor } = toplevel([d1], { clock });
  const alive = async (ms: number) => {
    await clock.advance(ms);
    return [...states(supervisor), ...(seen[0] ? states(seen[0]) : [])];
  };
  expect(await alive(0)).toEqual(["d1 running", "own running", "d2 running"]);
  expect(await alive(1_100)).toEqual(["d1 running", "own stopped", "d2 running"]);
  expect(await alive(1_100)).toEqual(["d1 stopped", "own stopped", "d2 stopped"]);
  await supervisor.stop();
});

test("wait_for_children: who asked for the end can wait for the tasks itself", async () => {
  const log: string[] = [];
  const { clock, ended } = program(async ({ clock, tasks, shutdown }) => {
    tasks.spawn("nested1", loop, async (token) => {
      tasks.spawn("nested2", loop, async (token) => {
        await polite(clock, 100)(token);
        log.push("nested2 ended");
      });
      await polite(clock, 100)(token);
      log.push("nested1 ended");
    });
    await clock.sleep(100);
    shutdown.cancel(user);
    expect(log).toEqual([]);
    expect(await tasks.joinAll(Number.POSITIVE_INFINITY)).toEqual({ laggards: [] });
    log.push("joined");
  }, 500);
  expect(await settledAfter(clock, ended, 1_000)).toBe(200);
  expect(log.sort()).toEqual(["joined", "nested1 ended", "nested2 ended"]);
});

test("request_local_shutdown: a token of one's own ends what is below it and nothing above", async () => {
  const log: string[] = [];
  const { clock, ended } = program(async ({ clock, shutdown }) => {
    const local = shutdown.childToken();
    for (const [name, token] of [
      ["nested1", local],
      ["nested2", local.childToken()],
      ["global", shutdown],
    ] as const) {
      token.onCancel(({ message }) => log.push(`${name} ${message}`));
    }
    await clock.sleep(100);
    expect(log).toEqual([]);
    local.cancel({ kind: "requested-by-run", message: "local" });
    expect([log.sort(), shutdown.isCancelled]).toEqual([["nested1 local", "nested2 local"], false]);
    shutdown.cancel({ kind: "user-requested", message: "all" });
    expect([log.at(-1), local.reason?.message]).toEqual(["global all", "local"]);
  }, 100);
  expect(await settledAfter(clock, ended, 200)).toBe(100);
  expect((await ended).graceful).toBe(true);
});

test("cancellation_token: one made below is cancelled with the whole", async () => {
  const { clock, ended, shutdown } = program(async ({ shutdown }) => {
    const token = shutdown.childToken();
    expect([token.isCancelled, token.signal.aborted]).toEqual([false, false]);
    await token.cancelled;
    expect([token.isCancelled, token.signal.aborted]).toEqual([true, true]);
  }, 400);
  await clock.advance(100);
  shutdown.cancel(user);
  expect((await ended).graceful).toBe(true);
});

test("cancellation_token_does_not_propagate_up: cancelled alone, it leaves the whole as it was", async () => {
  const { ended } = program(async ({ shutdown }) => {
    const token = shutdown.childToken();
    token.cancel(user);
    expect([token.isCancelled, shutdown.isCancelled, shutdown.reason]).toEqual([true, false, undefined]);
  }, 400);
  expect(await ended).toMatchObject({ graceful: true, reason: { kind: "run-completed" } });
});

test("subsystem_finished_works_correctly: whoever holds a task can wait for its end", async () => {
  const log: string[] = [];
  const { clock, ended } = program(async ({ clock, tasks }) => {
    const nested = tasks.spawn("subsys", loop, polite(clock));
    void nested.done.then(({ kind }) => log.push(kind));
    await clock.sleep(20);
    expect(log).toEqual([]);
    nested.abort();
    await clock.sleep(20);
    expect(log).toEqual(["completed"]);
  }, 400);
  await clock.advance(40);
  expect((await ended).graceful).toBe(true);
});

test("shutdown_does_not_propagate_to_detached_subsystem: who has a token of its own ends when that says so", async () => {
  const log: string[] = [];
  const { clock, ended } = program(async ({ clock, tasks, shutdown }) => {
    const detached = new ShutdownToken();
    tasks.spawn("detached", loop, async () => {
      await detached.cancelled;
      log.push("detached ended");
    });
    await clock.sleep(100);
    shutdown.cancel(user);
    await clock.sleep(20);
    expect(log).toEqual([]);
    detached.cancel(user);
  }, 400);
  await clock.advance(200);
  expect([(await ended).graceful, log]).toEqual([true, ["detached ended"]]);
});

/** Sleeps on whatever it is told, as one that cannot be ended does. */
const deafChild = (clock: VirtualClock, id: string): ChildSpec => ({
  id,
  stop: "brutal",
  start: () => clock.sleep(10_000),
});

test("abort_subsystem_works: one that is not waited for is over at once", async () => {
  const clock = new VirtualClock();
  const { supervisor, events } = toplevel([deafChild(clock, "nested"), waits("top")], { clock });
  await clock.advance(500);
  expect(await settledAfter(clock, supervisor.stopChild("nested"), 1)).toBe(0);
  expect([states(supervisor), exitsIn(events)]).toEqual([
    ["nested stopped", "top running"],
    ["nested killed"],
  ]);
  await clock.advance(20_000);
  expect(exitsIn(events)).toEqual(["nested killed"]);
  await supervisor.stop();
});

test("nested_subsystem_is_aborted: nor is what is below it", async () => {
  const clock = new VirtualClock();
  const seen: Supervisor[] = [];
  const d1 = nested("d1", { clock, children: [deafChild(clock, "d2")] }, { stop: "brutal" }, seen);
  const { supervisor } = toplevel([d1], { clock });
  await clock.advance(500);
  expect(await settledAfter(clock, supervisor.stopChild("d1"), 1)).toBe(0);
  expect([states(supervisor), seen[0]?.snapshot().state]).toEqual([["d1 stopped"], "stopped"]);
  await supervisor.stop();
});

test("multiple_abort_works: the second time does nothing", async () => {
  const clock = new VirtualClock();
  const { supervisor, events } = toplevel([deafChild(clock, "nested")], { clock });
  await clock.advance(500);
  await supervisor.stopChild("nested");
  await clock.advance(100);
  await supervisor.stopChild("nested");
  expect(exitsIn(events)).toEqual(["nested killed"]);
  await supervisor.stop();
});

test("abort_overrides_shutdown: the stop of one that takes its time is cut short when the whole must end", async () => {
  const clock = new VirtualClock();
  const slow: ChildSpec = {
    id: "nested",
    stop: "infinity",
    start: async ({ token }) => polite(clock, 10_000)(token),
  };
  const { supervisor, shutdown, events } = toplevel([slow], { clock, stopBudgetMs: 100 });
  await clock.advance(500);
  const stopped = supervisor.stopChild("nested");
  await clock.advance(100);
  shutdown.cancel(user);
  expect(await settledAfter(clock, supervisor.done, 1_000)).toBe(100);
  await stopped;
  expect(exitsIn(events)).toEqual(["nested killed"]);
});

test("abort_ensures_drop: what a task that is aborted holds is disposed of", async () => {
  const log: string[] = [];
  const { clock, ended } = program(async ({ clock, tasks }) => {
    const nested = tasks.spawn("subsys_nested", loop, async (token) => {
      using _held = { [Symbol.dispose]: () => log.push("disposed") };
      for (;;) {
        await clock.sleep(1_000, token);
        token.throwIfCancelled();
      }
    });
    await clock.sleep(500);
    nested.abort();
    expect((await nested.done).kind).toBe("cancelled");
    expect([clock.monotonic(), log]).toEqual([500, ["disposed"]]);
  }, 100);
  await clock.advance(500);
  expect((await ended).graceful).toBe(true);
});

test("cancel_on_shutdown_propagates_result: work that may be cut short gives its result if it is not", async () => {
  const { clock, ended } = program(async ({ clock, shutdown }) => {
    expect(await clock.sleep(10, shutdown)).toBe("elapsed");
    const value = clock.sleep(10).then(() => 42);
    expect(await Promise.race([value, shutdown.cancelled])).toBe(42);
  }, 200);
  await clock.advance(20);
  expect((await ended).graceful).toBe(true);
});

test("cancel_on_shutdown_cancels_on_shutdown: and the reason if it is", async () => {
  const { clock, ended } = program(async ({ clock, shutdown }) => {
    void clock.sleep(100).then(() => shutdown.cancel(user));
    const value = clock.sleep(200).then(() => 42);
    expect(await Promise.race([value, shutdown.cancelled])).toEqual(user);
    expect([await clock.sleep(200, shutdown), clock.monotonic()]).toEqual(["cancelled", 100]);
  }, 200);
  expect(await settledAfter(clock, ended, 100)).toBe(100);
  expect((await ended).graceful).toBe(true);
});
