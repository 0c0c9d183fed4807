import { expect, test, vi } from "vitest";
import type { RunContext } from "../src/index.ts";
import type { Orders } from "../src/testing/index.ts";
import { all, fail, failure, hang, loop, setUp, user } from "./service-rig.ts";
import { onUnhandledRejection } from "./unhandled-rejections.ts";

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
  const off = onUnhandledRejection(unhandled);
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
  off();
  expect(unhandled).not.toHaveBeenCalled();
});
