// The cases of tokio-graceful-shutdown's suite (Finomnis/tokio-graceful-shutdown, tests/*.rs), by name. A subsystem is
// a task where it ends with the program, a child of a supervisor where others live on; a panic is a synchronous throw.
import { expect, test } from "vitest";
import {
  type ChildSpec,
  type Lifecycle,
  type RunContext,
  Service,
  ShutdownToken,
  supervisorChild,
} from "../../src/index.ts";
import { VirtualClock } from "../../src/testing/index.ts";
import { failure, loop, user } from "../service-rig.ts";
import { exitsIn, settledAfter, states } from "./rig.ts";
import { polite, program, subsystems, toplevel, waits } from "./tokio-rig.ts";

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
