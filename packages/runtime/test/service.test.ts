import { expect, test, vi } from "vitest";
import {
  type ExitStatus,
  type Hook,
  type RunContext,
  Service,
  ServiceError,
  type ServiceOptions,
  type ShutdownReason,
  ShutdownToken,
  type StopContext,
} from "../src/index.ts";
import { FakeNode, type Orders, VirtualClock } from "../src/testing/index.ts";

const user: ShutdownReason = { kind: "user-requested", signal: "SIGTERM" };
const all: readonly Hook[] = ["preStart", "onStart", "run", "onStop", "postStop"];
const loop = { kind: "background-loop" } as const;
const hang = { kind: "hang" } as const;
const fail = { kind: "fail" } as const;

function setUp(orders: Orders = {}, options: Partial<ServiceOptions> = {}) {
  const clock = new VirtualClock();
  const node = new FakeNode(clock, orders);
  const service = new Service({ name: "node", lifecycle: node, clock, stopBudgetMs: 1_000, ...options });
  return { clock, node, service, handle: service.handle() };
}

/** The error a promise rejects with. */
const failure = async (promise: Promise<unknown>): Promise<ServiceError> => {
  const error: unknown = await promise.then(
    () => "resolved",
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(ServiceError);
  return error as ServiceError;
};

test("D-01 constructing a service calls no hook and starts nothing", async () => {
  const { clock, node, handle } = setUp();
  await clock.advance(100_000);
  expect([node.calls, clock.pending, handle.tasks(), handle.isRunning]).toEqual([[], 0, [], false]);
});

test("D-02 the hooks run in order, once, and tasks are joined between run and onStop", async () => {
  const { clock, node, service, handle } = setUp();
  const log: string[] = [];
  for (const hook of all) {
    const original = node[hook].bind(node) as (ctx: unknown) => Promise<void>;
    vi.spyOn(node, hook).mockImplementation(async (ctx: { tasks: { size: number } }) => {
      log.push(`${hook} with ${ctx.tasks.size} tasks`);
      await original(ctx);
    });
  }
  const status = service.start();
  await clock.advance(10);
  node.contexts.run?.tasks.spawn("sync", loop, async (token) => {
    await token.cancelled;
    await clock.sleep(50);
    log.push("sync ended");
  });
  handle.requestShutdown(user);
  await clock.advance(100);
  await status;
  expect(log).toEqual([
    "preStart with 0 tasks",
    "onStart with 0 tasks",
    "run with 0 tasks",
    "sync ended",
    "onStop with 0 tasks",
    "postStop with 0 tasks",
  ]);
  expect(clock.pending).toBe(0);
});

test("D-03 preStart fails: PRE_START_FAILED, and no later hook runs", async () => {
  const { node, service, handle } = setUp({ preStart: fail });
  const error = await failure(service.start());
  expect(error).toMatchObject({ code: "PRE_START_FAILED", cause: { message: "preStart fails" } });
  expect(node.calls).toEqual(["preStart"]);
  expect(handle.isRunning).toBe(false);
});

test("D-04 onStart fails: ON_START_FAILED, postStop runs, tasks already spawned are cancelled and joined", async () => {
  const { clock, node, service } = setUp();
  const order: string[] = [];
  vi.spyOn(node, "onStart").mockImplementation(async (ctx) => {
    ctx.tasks.spawn("early", loop, async (token) => {
      await token.cancelled;
      await clock.sleep(20);
      order.push("early joined");
    });
    throw new Error("no port");
  });
  vi.spyOn(node, "postStop").mockImplementation(async () => {
    order.push("postStop");
  });
  const failed = failure(service.start());
  await clock.advance(20);
  const error = await failed;
  expect(error).toMatchObject({ code: "ON_START_FAILED", message: "node: onStart failed: no port" });
  expect(order).toEqual(["early joined", "postStop"]);
  expect(node.calls).toEqual(["preStart"]);
});

test.each([
  ["rejects", fail],
  ["throws synchronously", { kind: "throw" } as const],
])("D-05 run %s: RUN_FAILED, and onStop and postStop still run", async (_how, order) => {
  const { node, service } = setUp({ run: order });
  expect((await failure(service.start())).code).toBe("RUN_FAILED");
  expect(node.calls).toEqual(all);
});

test("D-06 onStop and postStop fail: each hook after still runs, and every error is kept", async () => {
  const { node, service } = setUp({ run: fail, onStop: fail, postStop: { kind: "throw" } });
  const error = await failure(service.start());
  expect(node.calls).toEqual(all);
  expect([error.code, ...error.errors.map(({ code }) => code)]).toEqual([
    "RUN_FAILED",
    "ON_STOP_FAILED",
    "POST_STOP_FAILED",
  ]);
  expect(JSON.stringify(error)).toContain("postStop throws");
});

test("D-06 a failing onStop alone is ON_STOP_FAILED, a failing postStop alone POST_STOP_FAILED", async () => {
  for (const [hook, code] of [
    ["onStop", "ON_STOP_FAILED"],
    ["postStop", "POST_STOP_FAILED"],
  ] as const) {
    const { node, service } = setUp({ run: { kind: "complete" }, [hook]: fail });
    const error = await failure(service.start());
    expect([error.code, error.errors]).toEqual([code, []]);
    expect(node.calls).toEqual(all);
  }
});

test("D-07 tasks past the stop budget: SHUTDOWN_DEADLINE_EXCEEDED names them, and they were told to abort", async () => {
  const { clock, node, service, handle } = setUp();
  const failed = failure(service.start());
  await clock.advance(0);
  const tasks = node.contexts.run?.tasks;
  tasks?.spawn("finished", loop, async () => {});
  const deaf = tasks?.spawn("deaf", { kind: "peer-connection" }, () => new Promise(() => {}));
  const abort = vi.spyOn(deaf ?? expect.fail(), "abort");
  await clock.advance(500);
  handle.requestShutdown(user);
  await clock.advance(1_000);
  const error = await failed;
  expect(error.code).toBe("SHUTDOWN_DEADLINE_EXCEEDED");
  expect(error.details).toMatchObject({
    deadlineMs: 1_000,
    pending: [{ phase: "tasks", name: "deaf", kind: "peer-connection" }],
  });
  expect(error.details.pending).toHaveLength(1);
  expect(error.details.pending?.[0]?.ageMs).toBeGreaterThan(500);
  expect(error.message).toBe("node did not stop in 1000 ms; 1 left: tasks/deaf");
  expect(abort).toHaveBeenCalledOnce();
  expect(node.calls).toEqual(all);
});

test("D-08 a second start is ALREADY_RUNNING, after the end ALREADY_STOPPED, and the first run is not disturbed", async () => {
  const { clock, node, service, handle } = setUp();
  const first = service.start();
  expect((await failure(service.start())).code).toBe("ALREADY_RUNNING");
  await clock.advance(0);
  expect((await failure(service.start())).code).toBe("ALREADY_RUNNING");
  handle.requestShutdown();
  await first;
  expect((await failure(service.start())).code).toBe("ALREADY_STOPPED");
  expect(node.calls).toEqual(all);
});

const statusOf = async (orders: Orders, reason?: ShutdownReason): Promise<ExitStatus> => {
  const { clock, service, handle } = setUp(orders);
  service.start().catch(() => {});
  await clock.advance(0);
  if (reason) handle.requestShutdown(reason);
  await clock.advance(2_000);
  return handle.waitForExit();
};

test("D-09 the exit status tells requested from completed from failed, and graceful is false for failed and fatal", async () => {
  expect(await statusOf({}, user)).toEqual({
    reason: { kind: "requested", reason: user },
    graceful: true,
    exitCode: 0,
  });
  expect(await statusOf({ run: { kind: "complete" } })).toEqual({
    reason: { kind: "run-completed" },
    graceful: true,
    exitCode: 0,
  });
  expect(await statusOf({ run: fail })).toMatchObject({
    reason: { kind: "run-failed", error: { message: "run fails" } },
    graceful: false,
    exitCode: 1,
    error: { code: "RUN_FAILED" },
  });
  for (const kind of ["rpc-requested", "reload-requested", "requested-by-run"] as const) {
    expect(await statusOf({}, { kind })).toMatchObject({ graceful: true, exitCode: 0 });
  }
  expect(await statusOf({}, { kind: "fatal", error: new Error("x") })).toMatchObject({
    reason: { kind: "requested" },
    graceful: false,
    exitCode: 1,
  });
});

test("D-09 a graceful shutdown that left something behind still ends with code 1", async () => {
  expect(await statusOf({ onStop: hang }, user)).toMatchObject({
    graceful: true,
    exitCode: 1,
    error: { code: "SHUTDOWN_DEADLINE_EXCEEDED" },
  });
});

test("D-10 every holder sees the first reason: context, task, handle and parent's child alike", async () => {
  const parent = new ShutdownToken();
  const { clock, node, service, handle } = setUp({}, { shutdown: parent });
  const status = service.start();
  await clock.advance(0);
  const task = node.contexts.run?.tasks.spawn("t", loop, (token) => token.cancelled);
  handle.requestShutdown(user);
  expect(handle.requestShutdown({ kind: "rpc-requested" })).toBe(false);
  parent.cancel({ kind: "reload-requested" });
  expect((await status).reason).toEqual({ kind: "requested", reason: user });
  expect([node.contexts.onStop?.shutdown.reason, task?.token.reason]).toEqual([user, user]);
  expect(await task?.done).toMatchObject({ value: user });
});

test("D-10 the parent's cancellation stops the service, and the service's own never shows in the parent", async () => {
  const parent = new ShutdownToken();
  const first = setUp({}, { shutdown: parent });
  const second = setUp({ run: { kind: "complete" } }, { shutdown: parent });
  await second.service.start();
  expect(parent.isCancelled).toBe(false);
  const status = first.service.start();
  await first.clock.advance(0);
  parent.cancel(user);
  expect((await status).reason).toEqual({ kind: "requested", reason: user });
});

test("D-12 isRunning is false before the start, during it and after it failed, true until postStop has ended", async () => {
  const { clock, node, service, handle } = setUp({ onStart: { kind: "delay", ms: 10 } });
  const seen: [string, boolean][] = [["new", handle.isRunning]];
  for (const hook of all) {
    const original = node[hook].bind(node) as (ctx: unknown) => Promise<void>;
    vi.spyOn(node, hook).mockImplementation((ctx: unknown) => {
      seen.push([hook, handle.isRunning]);
      return original(ctx);
    });
  }
  const status = service.start();
  await clock.advance(10);
  handle.requestShutdown();
  await status;
  seen.push(["end", handle.isRunning]);
  expect(seen).toEqual([
    ["new", false],
    ["preStart", false],
    ["onStart", false],
    ["run", true],
    ["onStop", true],
    ["postStop", true],
    ["end", false],
  ]);
  const failed = setUp({ onStart: fail });
  await failure(failed.service.start());
  expect(failed.handle.isRunning).toBe(false);
});

test("D-12 the handle outlives the service: name, status and tasks stay, requests do nothing, nothing throws", async () => {
  const { clock, service, handle } = setUp();
  const waiting = handle.waitForExit();
  const status = service.start();
  await clock.advance(0);
  expect(handle.requestShutdown(user)).toBe(true);
  await status;
  expect(handle.requestShutdown({ kind: "fatal" })).toBe(false);
  expect(await handle.waitForExit()).toBe(await waiting);
  expect((await waiting).reason).toEqual({ kind: "requested", reason: user });
  expect([handle.name, handle.tasks(), handle.pending()]).toEqual(["node", [], []]);
});

test("D-12 waitForExit resolves after a failure too, with the error in the status", async () => {
  const { service, handle } = setUp({ preStart: fail });
  await failure(service.start());
  expect(await handle.waitForExit()).toMatchObject({
    reason: { kind: "start-failed" },
    exitCode: 1,
    error: { code: "PRE_START_FAILED" },
  });
});

test("D-13 each context carries what its phase may use, and all carry the same token and tasks", async () => {
  const { clock, node, service, handle } = setUp();
  const status = service.start();
  await clock.advance(0);
  handle.requestShutdown(user);
  await status;
  const keys = all.map((hook) => Object.keys(node.contexts[hook] ?? {}).sort());
  expect(keys).toEqual([
    ["name", "shutdown", "tasks"],
    ["name", "shutdown", "tasks"],
    ["shutdown", "tasks"],
    ["exitReason", "shutdown", "tasks"],
    ["exitReason", "shutdown", "tasks"],
  ]);
  expect((node.contexts.onStop as StopContext).exitReason).toEqual({ kind: "requested", reason: user });
  expect(new Set(all.map((hook) => node.contexts[hook]?.shutdown)).size).toBe(1);
  expect(new Set(all.map((hook) => node.contexts[hook]?.tasks)).size).toBe(1);
});

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

test("D-06 an overrun comes before the failures it may explain, and after what caused the stop", async () => {
  const codesOf = async (orders: Orders) => {
    const { clock, service, handle } = setUp(orders);
    const failed = failure(service.start());
    await clock.advance(0);
    handle.requestShutdown(user);
    await clock.advance(1_000);
    const error = await failed;
    return [error.code, ...error.errors.map(({ code }) => code)];
  };
  expect(await codesOf({ onStop: fail, postStop: hang })).toEqual([
    "SHUTDOWN_DEADLINE_EXCEEDED",
    "ON_STOP_FAILED",
  ]);
  expect(await codesOf({ run: fail, onStop: hang })).toEqual(["RUN_FAILED", "SHUTDOWN_DEADLINE_EXCEEDED"]);
});

test("D-06 an abort error out of onStop is a failure: nothing told it to give up", async () => {
  const { service } = setUp({
    run: { kind: "complete" },
    onStop: { kind: "fail", error: Object.assign(new Error("fetch aborted"), { name: "AbortError" }) },
  });
  expect((await failure(service.start())).code).toBe("ON_STOP_FAILED");
});

test("D-17 a fake node delays, hangs, fails or completes as told", async () => {
  const { clock, service, node } = setUp({ preStart: { kind: "delay", ms: 70 }, run: { kind: "complete" } });
  const status = service.start();
  await clock.advance(69);
  expect(node.calls).toEqual(["preStart"]);
  await clock.advance(1);
  expect((await status).reason.kind).toBe("run-completed");
});

test("a shutdown asked before the start runs no hook, one asked during a start hook skips what has not begun", async () => {
  const before = setUp();
  before.handle.requestShutdown(user);
  expect((await before.service.start()).reason).toEqual({ kind: "requested", reason: user });
  expect(before.node.calls).toEqual([]);

  const during = setUp({ preStart: { kind: "delay", ms: 10 } });
  const status = during.service.start();
  during.handle.requestShutdown(user);
  await during.clock.advance(10);
  expect((await status).exitCode).toBe(0);
  expect(during.node.calls).toEqual(["preStart", "postStop"]);

  const late = setUp({ onStart: { kind: "delay", ms: 10 } });
  const lateStatus = late.service.start();
  await late.clock.advance(0);
  late.handle.requestShutdown(user);
  await late.clock.advance(10);
  await lateStatus;
  expect(late.node.calls).toEqual(["preStart", "onStart", "onStop", "postStop"]);
});

test("a start hook or a run that leaves by an abort error after the shutdown is not a failure", async () => {
  for (const hook of ["onStart", "run"] as const) {
    const { clock, node, service, handle } = setUp();
    vi.spyOn(node, hook).mockImplementation(async ({ shutdown }: RunContext) => {
      await shutdown.cancelled;
      shutdown.throwIfCancelled();
    });
    const status = service.start();
    await clock.advance(0);
    handle.requestShutdown(user);
    expect(await status).toMatchObject({ reason: { kind: "requested", reason: user }, exitCode: 0 });
  }
});

test("a task spawned in onStop is joined too, and the end leaves no timer", async () => {
  const { clock, node, service, handle } = setUp();
  let ended = false;
  vi.spyOn(node, "onStop").mockImplementation(async (ctx) => {
    ctx.tasks.spawn("flush", { kind: "maintenance" }, async () => {
      await clock.sleep(30);
      ended = true;
    });
  });
  const status = service.start();
  await clock.advance(0);
  handle.requestShutdown(user);
  await Promise.all([status.then(() => expect(ended).toBe(true)), clock.advance(30)]);
  expect([ended, clock.pending]).toEqual([true, 0]);
});

test("disposing a service asks for its shutdown and joins it; one never started is disposed at once", async () => {
  const { clock, node, service } = setUp({ onStop: { kind: "delay", ms: 10 } });
  const status = service.start();
  await clock.advance(0);
  const disposed = service[Symbol.asyncDispose]();
  await clock.advance(10);
  await disposed;
  expect((await status).reason).toMatchObject({ reason: { kind: "requested-by-run" } });
  expect(node.calls).toEqual(all);
  await setUp().service[Symbol.asyncDispose]();
});

test("the errors of a hook left behind come to nobody's surprise", async () => {
  const { clock, node, service, handle } = setUp();
  const unhandled = vi.fn();
  process.on("unhandledRejection", unhandled);
  vi.spyOn(node, "run").mockImplementation(async () => {
    await clock.sleep(5_000);
    throw new Error("much too late");
  });
  const failed = failure(service.start());
  await clock.advance(0);
  handle.requestShutdown(user);
  await clock.advance(1_000);
  await failed;
  await clock.advance(5_000);
  process.off("unhandledRejection", unhandled);
  expect(unhandled).not.toHaveBeenCalled();
});
