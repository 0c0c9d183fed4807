// The cases of tokio-graceful-shutdown's suite (Finomnis/tokio-graceful-shutdown, tests/*.rs), by name. A subsystem is
// a task where it ends with the program, a child of a supervisor where others live on; a panic is a synchronous throw.
import { expect, test } from "vitest";
import {
  type ChildSpec,
  type Lifecycle,
  type RunContext,
  Service,
  ShutdownToken,
  Supervisor,
  type SupervisorOptions,
  supervisorChild,
  type TaskRegistry,
} from "../../src/index.ts";
import { VirtualClock } from "../../src/testing/index.ts";
import { failure, loop, user } from "../service-rig.ts";
import { exitsIn, nested, settledAfter, states, watched } from "./rig.ts";

type Run = (ctx: RunContext & { readonly clock: VirtualClock }) => Promise<unknown> | undefined;

/** A program that has begun: it ends by itself, or when it is asked to, within `stopBudgetMs`. */
const program = (run: Run, stopBudgetMs: number, lifecycle: Partial<Lifecycle> = {}) => {
  const clock = new VirtualClock();
  const shutdown = new ShutdownToken();
  const service = new Service({
    name: "toplevel",
    clock,
    shutdown,
    stopBudgetMs,
    lifecycle: { ...lifecycle, run: async (ctx) => void (await run({ ...ctx, clock })) },
  });
  const ended = service.start();
  ended.catch(() => {});
  return { clock, shutdown, service, ended };
};

/** Ends `ms` after it is asked to. */
const polite =
  (clock: VirtualClock, ms = 0) =>
  async (token: ShutdownToken) => {
    await token.cancelled;
    await clock.sleep(ms);
  };

/** Subsystems as there: one that ends is not started again, one that fails ends all. */
const toplevel = (children: readonly ChildSpec[], options: SupervisorOptions = {}) => {
  const clock = options.clock instanceof VirtualClock ? options.clock : new VirtualClock();
  const shutdown = new ShutdownToken();
  const once = children.map((child): ChildSpec => ({ restart: "transient", ...child }));
  const supervisor = new Supervisor({ intensity: 0, shutdown, clock, ...options, children: once });
  const events = watched(supervisor);
  const started = supervisor.start();
  started.catch(() => {});
  return { clock, shutdown, supervisor, events, started };
};
const waits = (id: string): ChildSpec => ({ id, start: ({ token }) => token.cancelled });
const subsystems = (id: string, clock: VirtualClock, ...children: readonly ChildSpec[]): ChildSpec =>
  supervisorChild(id, { clock, intensity: 0, children }, { restart: "transient" });

test("normal_shutdown: a subsystem that takes 200 ms ends well within 400", async () => {
  const { ended, clock } = program(async ({ clock, tasks, shutdown }) => {
    tasks.spawn("subsys", loop, polite(clock, 200));
    await clock.sleep(100);
    shutdown.cancel(user);
  }, 400);
  expect(await settledAfter(clock, ended, 1_000)).toBe(300);
  expect(await ended).toMatchObject({ graceful: true, reason: { kind: "requested", reason: user } });
});

test("use_subsystem_struct: a lifecycle may be an object with a state of its own", async () => {
  class MySubsystem implements Lifecycle {
    rounds = 0;
    async run({ shutdown }: RunContext) {
      await shutdown.cancelled;
      this.rounds++;
    }
  }
  const lifecycle = new MySubsystem();
  const service = new Service({ name: "subsys", lifecycle, clock: new VirtualClock() });
  const ended = service.start();
  expect(await service.handle().waitUntilRunning()).toBe(true);
  service.handle().requestShutdown(user);
  expect([(await ended).graceful, lifecycle.rounds]).toEqual([true, 1]);
});

test("shutdown_timeout_causes_error: one that takes 400 ms does not end within 200", async () => {
  const { ended, clock } = program(async ({ clock, tasks, shutdown }) => {
    tasks.spawn("subsys", loop, polite(clock, 400));
    await clock.sleep(100);
    shutdown.cancel(user);
  }, 200);
  expect(await settledAfter(clock, ended, 1_000)).toBe(300);
  expect(await failure(ended)).toMatchObject({
    code: "SHUTDOWN_DEADLINE_EXCEEDED",
    details: { deadlineMs: 200, pending: [{ name: "subsys", ageMs: 300 }] },
  });
});

test("subsystem_finishes_with_success: the others run on until they are asked to end", async () => {
  const { clock, supervisor, shutdown } = toplevel([{ id: "subsys", start: () => {} }, waits("subsys2")]);
  await clock.advance(200);
  expect(states(supervisor)).toEqual(["subsys stopped", "subsys2 running"]);
  shutdown.cancel(user);
  expect(await supervisor.done).toEqual({ kind: "stopped", reason: user, left: [] });
});

test("subsystem_finishes_with_error: all are told to end, and the error is what the whole ends with", async () => {
  const bug = new Error("Error!");
  const start = () => Promise.reject(bug);
  const { supervisor, events } = toplevel([{ id: "subsys", start }, waits("subsys2")]);
  expect(await supervisor.done).toMatchObject({ kind: "failed", error: { cause: bug } });
  expect(exitsIn(events)).toEqual(["subsys failed", "subsys2 stopped"]);
});

test("subsystem_receives_shutdown: and the whole ends once it has", async () => {
  const { clock, supervisor, shutdown, events } = toplevel([waits("subsys")]);
  await clock.advance(100);
  expect(exitsIn(events)).toEqual([]);
  shutdown.cancel(user);
  expect(await settledAfter(clock, supervisor.done, 100)).toBe(0);
  expect(exitsIn(events)).toEqual(["subsys stopped"]);
});

test("nested_subsystem_receives_shutdown: at any depth", async () => {
  const clock = new VirtualClock();
  const deep = subsystems("subsys", clock, subsystems("middle", clock, waits("nested")));
  const { supervisor, shutdown, events } = toplevel([deep], { clock });
  await clock.advance(100);
  expect(exitsIn(events)).toEqual([]);
  shutdown.cancel(user);
  expect(await settledAfter(clock, supervisor.done, 100)).toBe(0);
  expect(exitsIn(events)).toEqual([
    "subsys/middle/nested stopped",
    "subsys/middle stopped",
    "subsys stopped",
  ]);
});

test.each([
  ["nested_subsystem_error_propagates", () => Promise.reject(new Error("Error!"))],
  [
    "panic_gets_handled_correctly",
    () => {
      throw new Error("Error!");
    },
  ],
] as const)(
  "%s: the error of a nested one ends the whole, and is found at the end of its causes",
  async (_name, start) => {
    const clock = new VirtualClock();
    const { supervisor, events } = toplevel(
      [subsystems("subsys", clock, { id: "nested", restart: "transient", start }), waits("other")],
      { clock },
    );
    const exit = await supervisor.done;
    expect(exit).toMatchObject({
      kind: "failed",
      error: { code: "INTENSITY_EXCEEDED", details: { id: "subsys" } },
    });
    expect(exit).toHaveProperty("error.cause.cause.message", "Error!");
    expect(exitsIn(events)).toEqual(["subsys/nested failed", "subsys failed", "other stopped"]);
  },
);

test("subsystem_can_request_shutdown: one that says so ends the whole, without an error", async () => {
  const stop = new ShutdownToken();
  const asks: ChildSpec = {
    id: "subsys",
    start: async () => {
      await stop.cancelled;
      return "end-tree";
    },
  };
  const { clock, supervisor, events } = toplevel([waits("other"), asks]);
  await clock.advance(200);
  expect(exitsIn(events)).toEqual([]);
  stop.cancel(user);
  expect(await supervisor.done).toEqual({ kind: "auto-shutdown", id: "subsys", by: "verdict", left: [] });
  expect(exitsIn(events)).toEqual(["subsys completed", "other stopped"]);
});

test("shutdown_timeout_causes_cancellation: who does not end in time is told to abort, and is left behind by name", async () => {
  const ends: string[] = [];
  const { ended, clock, shutdown } = program(async ({ clock, tasks, shutdown }) => {
    const slow = (name: string, obeys: boolean) =>
      tasks.spawn(name, loop, async (token) => {
        await shutdown.cancelled;
        if (obeys) {
          // It does not listen to the shutdown but to being told that it is late.
          while (tasks.snapshot().some((task) => task.name === name && task.state !== "aborting")) {
            await clock.sleep(1);
          }
        } else await clock.sleep(10_000);
        ends.push(`${name} ${String(token.isCancelled)}`);
      });
    slow("obeys", true);
    slow("deaf", false);
    await shutdown.cancelled;
  }, 200);
  await clock.advance(200);
  shutdown.cancel(user);
  expect(await settledAfter(clock, ended, 1_000)).toBe(200);
  expect((await failure(ended)).details.pending).toMatchObject([{ name: "deaf" }]);
  expect(ends).toEqual(["obeys true"]);
});

test("spawning_task_during_shutdown_causes_task_to_be_cancelled: it is cancelled from the start, and waited for", async () => {
  const log: string[] = [];
  const { ended, clock, shutdown } = program(async ({ clock, tasks, shutdown }) => {
    await shutdown.cancelled;
    await clock.sleep(100);
    tasks.spawn("Nested", loop, async (token) => {
      log.push(`begins cancelled: ${token.isCancelled}`);
      await clock.sleep(100);
      await token.cancelled;
      log.push("nested ends");
    });
    log.push("subsys ends");
  }, 500);
  await clock.advance(200);
  shutdown.cancel(user);
  expect(await settledAfter(clock, ended, 1_000)).toBe(200);
  expect((await ended).graceful).toBe(true);
  expect(log).toEqual(["begins cancelled: true", "subsys ends", "nested ends"]);
});

test("double_panic_does_not_stop_graceful_shutdown: a second failure, during the stop, hurries nobody", async () => {
  const clock = new VirtualClock();
  const { supervisor, events } = toplevel(
    [
      { id: "subsys3", start: async ({ token }) => polite(clock, 40)(token) },
      {
        id: "subsys1",
        start: async ({ token }) => {
          await polite(clock, 10)(token);
          throw new Error("Subsystem1 panicked!");
        },
      },
      {
        id: "subsys2",
        start: async () => {
          await clock.sleep(10);
          throw new Error("Subsystem2 panicked!");
        },
      },
    ],
    { clock, stopBudgetMs: 100 },
  );
  expect(await settledAfter(clock, supervisor.done, 1_000)).toBe(60);
  expect(exitsIn(events)).toEqual(["subsys2 failed", "subsys1 failed", "subsys3 stopped"]);
  const { error, left } = (await supervisor.done) as { error?: Error; left: readonly string[] };
  expect([error?.cause, left]).toEqual([new Error("Subsystem2 panicked!"), []]);
});

test("destroying_toplevel_cancels_subsystems: leaving the scope that holds it ends it", async () => {
  const { clock, supervisor, events } = toplevel([waits("subsys")]);
  {
    await using scope = supervisor;
    await clock.advance(100);
    expect(states(scope)).toEqual(["subsys running"]);
  }
  expect(exitsIn(events)).toEqual(["subsys stopped"]);
  expect(supervisor.snapshot().state).toBe("stopped");
});

test("destroying_toplevel_cancels_nested_toplevel_subsystems: those below it too", async () => {
  const clock = new VirtualClock();
  const { supervisor, events } = toplevel([subsystems("subsys", clock, waits("subsys2"))], { clock });
  {
    await using scope = supervisor;
    await clock.advance(50);
    expect(states(scope)).toEqual(["subsys running"]);
  }
  expect(exitsIn(events)).toEqual(["subsys/subsys2 stopped", "subsys stopped"]);
});

test("shutdown_triggers_if_all_tasks_ended: the last significant one to end ends the whole", async () => {
  const clock = new VirtualClock();
  const once = (id: string, ms: number): ChildSpec => ({
    id,
    restart: "temporary",
    significant: true,
    start: () => clock.sleep(ms),
  });
  const inner = { clock, autoShutdown: "all-significant", children: [once("nested", 0)] } as const;
  const { supervisor } = toplevel(
    [
      supervisorChild("subsys1", inner, { restart: "temporary", significant: true }),
      once("subsys2", 50),
      once("subsys3", 20),
    ],
    { clock, autoShutdown: "all-significant" },
  );
  expect(await settledAfter(clock, supervisor.done, 1_000)).toBe(50);
  expect(await supervisor.done).toMatchObject({ kind: "auto-shutdown", id: "subsys2", left: [] });
});

test("shutdown_triggers_if_no_task_exists: a program whose run is over has ended", async () => {
  const { ended, clock } = program(() => undefined, 100);
  expect(await settledAfter(clock, ended, 100)).toBe(0);
  expect(await ended).toMatchObject({ reason: { kind: "run-completed" }, exitCode: 0 });
});

test("partial_shutdown_request_stops_nested_subsystems: what is below it ends first, what is beside it lives on", async () => {
  const clock = new VirtualClock();
  const subsys1 = subsystems("subsys1", clock, subsystems("subsys2", clock, waits("subsys3")));
  const { supervisor, shutdown, events } = toplevel([subsys1, waits("other")], { clock });
  await clock.advance(200);
  await supervisor.stopChild("subsys1");
  expect(exitsIn(events)).toEqual([
    "subsys1/subsys2/subsys3 stopped",
    "subsys1/subsys2 stopped",
    "subsys1 stopped",
  ]);
  expect(states(supervisor)).toEqual(["subsys1 stopped", "other running"]);
  shutdown.cancel(user);
  expect(await supervisor.done).toMatchObject({ kind: "stopped", left: [] });
});

test.each([
  ["partial_shutdown_panic_gets_propagated_correctly", new RangeError("Nested panicked.")],
  ["partial_shutdown_error_gets_propagated_correctly", new Error("nested failed.")],
])("%s: a failure during the stop of one is told, and ends nothing else", async (_name, error) => {
  const start: ChildSpec["start"] = async ({ token }) => {
    await token.cancelled;
    throw error;
  };
  const { clock, supervisor, shutdown, events } = toplevel([{ id: "nested", start }, waits("subsys1")]);
  await clock.advance(100);
  await supervisor.stopChild("nested");
  expect(supervisor.snapshot().children[0]).toMatchObject({
    state: "stopped",
    lastExit: { kind: "failed", error: { message: error.message } },
  });
  expect(events).toContainEqual(
    expect.objectContaining({ type: "child-exited", id: "nested", exit: { kind: "failed", error } }),
  );
  expect([states(supervisor)[1], shutdown.isCancelled]).toEqual(["subsys1 running", false]);
  expect((await supervisor.stop(user)).kind).toBe("stopped");
});

const twoFailures = (clock: VirtualClock): ChildSpec[] => {
  const fails = (id: string, message: string): ChildSpec => ({
    id,
    restart: "temporary",
    start: async () => {
      await clock.sleep(100);
      throw new Error(message);
    },
  });
  return [fails("nested1", "Subsystem panicked!"), fails("nested2", "MyGreatError")];
};

test.each([
  ["subsystem_errors_get_propagated_to_user", undefined],
  ["subsystem_errors_get_propagated_to_user_when_timeout", "nested3"],
])("%s: every error is told with the path of the one it is of", async (_name, deaf) => {
  const clock = new VirtualClock();
  const sleeps: ChildSpec = { id: "nested3", start: () => clock.sleep(10_000) };
  const { supervisor, shutdown, events } = toplevel(
    [subsystems("subsys", clock, ...twoFailures(clock), ...(deaf ? [sleeps] : []))],
    { clock, stopBudgetMs: 200 },
  );
  await clock.advance(100);
  shutdown.cancel(user);
  expect(await settledAfter(clock, supervisor.done, 1_000)).toBe(deaf ? 200 : 0);
  const errors = events.flatMap((event) =>
    event.type === "child-exited" && event.exit.kind === "failed"
      ? [`/${[...event.path, event.id].join("/")}: ${String(event.exit.error)}`]
      : [],
  );
  expect(errors.sort()).toEqual([
    "/subsys/nested1: Error: Subsystem panicked!",
    "/subsys/nested2: Error: MyGreatError",
  ]);
  expect((await supervisor.done).left).toEqual(deaf ? ["subsys"] : []);
});

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
