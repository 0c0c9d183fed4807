import { expect, test, vi } from "vitest";
import {
  type ExitStatus,
  processExitCode,
  type ReloadContext,
  type ReloadEnd,
  type ServiceHandle,
  type ShutdownReason,
  Supervisor,
  serviceChild,
} from "../src/index.ts";
import { FakeNode, type Order, type Orders, VirtualClock } from "../src/testing/index.ts";
import { fail, failure, hang, setUp, user } from "./service-rig.ts";

const reload: ShutdownReason = { kind: "reload-requested", message: "SIGHUP" };

async function running(orders: Orders = {}, options: Parameters<typeof setUp>[1] = {}) {
  const rig = setUp(orders, options);
  const status = rig.service.start();
  status.catch(() => {});
  await rig.clock.advance(0);
  return { ...rig, status };
}

const codeOf = (end: ReloadEnd): string | undefined => (end.kind === "failed" ? end.error.code : undefined);

test("D-18 a reload reason ends the service gracefully, and the process with the code that starts it again", async () => {
  const { handle, status } = await running();
  handle.requestShutdown(reload);
  const ended = await status;
  expect(ended).toEqual({ reason: { kind: "requested", reason: reload }, graceful: true, exitCode: 0 });
  expect(processExitCode(ended)).toBe(75);
});

test("D-18 only a reload that went well has a code of its own", async () => {
  const code = async (orders: Orders, reason: ShutdownReason): Promise<number> => {
    const { handle, clock } = await running(orders);
    handle.requestShutdown(reason);
    await clock.advance(2_000);
    return processExitCode(await handle.waitForExit());
  };
  expect(await code({}, user)).toBe(0);
  expect(await code({}, { kind: "fatal" })).toBe(1);
  expect(await code({ onStop: fail }, reload)).toBe(1);
  expect(await code({ onStop: hang }, reload)).toBe(1);
  const completed: ExitStatus = { reason: { kind: "run-completed" }, graceful: true, exitCode: 0 };
  expect(processExitCode(completed)).toBe(0);
});

test("D-18 a service is reloaded in place through its handle, while it runs on", async () => {
  const { handle, node, clock, status } = await running({ reload: { kind: "delay", ms: 10 } });
  const end = handle.reload({ port: 80 });
  await clock.advance(9);
  expect(handle.tasks()).toMatchObject([{ name: "reload", kind: "maintenance", ageMs: 9 }]);
  await clock.advance(1);
  expect(await end).toEqual({ kind: "done" });
  expect(node.configs).toEqual([{ port: 80 }]);
  expect(Object.keys(node.contexts.reload ?? {}).sort()).toEqual(["shutdown", "tasks", "token"]);
  expect(node.contexts.reload?.shutdown).toBe(node.contexts.run?.shutdown);
  expect([handle.isRunning, handle.tasks(), clock.pending]).toEqual([true, [], 0]);
  handle.requestShutdown(user);
  expect((await status).exitCode).toBe(0);
  expect(node.calls).toEqual(["preStart", "onStart", "run", "reload", "onStop", "postStop"]);
});

test("D-18 reloads are serialised: the next begins when the one before has ended, in the order they were asked", async () => {
  const { handle, node, clock } = await running({ reload: { kind: "delay", ms: 10 } });
  const ends: string[] = [];
  for (const name of ["a", "b", "c"])
    void handle.reload(name).then(({ kind }) => ends.push(`${name} ${kind}`));
  await clock.advance(9);
  expect([node.configs, ends]).toEqual([["a"], []]);
  await clock.advance(1);
  expect([node.configs, ends]).toEqual([["a", "b"], ["a done"]]);
  await clock.advance(20);
  expect(ends).toEqual(["a done", "b done", "c done"]);
});

test("D-18 a reload is refused before the start, during it, once a shutdown is asked, and after the end", async () => {
  const { clock, node, service, handle } = setUp({ onStart: { kind: "delay", ms: 5 } });
  const codes: unknown[] = [codeOf(await handle.reload())];
  const status = service.start();
  await clock.advance(1);
  codes.push(codeOf(await handle.reload()));
  await clock.advance(4);
  expect(await handle.reload()).toEqual({ kind: "done" });
  handle.requestShutdown(user);
  codes.push(codeOf(await handle.reload()));
  await status;
  codes.push(codeOf(await handle.reload()));
  expect(codes).toEqual(["NOT_RUNNING", "NOT_RUNNING", "NOT_RUNNING", "NOT_RUNNING"]);
  expect(node.configs).toHaveLength(1);
});

test("D-18 a service that has no reload says so and runs on", async () => {
  const lifecycle = {
    run: (ctx: { shutdown: { cancelled: Promise<unknown> } }) => ctx.shutdown.cancelled.then(() => {}),
  };
  const { handle } = await running({}, { lifecycle });
  expect(codeOf(await handle.reload())).toBe("RELOAD_UNSUPPORTED");
  expect(handle.isRunning).toBe(true);
});

test.each(["fail", "throw"] as const)(
  "D-18 a reload that fails (%s) does not end the service, nor the next reload",
  async (kind) => {
    const orders: { reload?: Order } = { reload: { kind, error: new Error("no such port") } };
    const { handle, clock, status } = await running(orders);
    expect(await handle.reload("bad")).toMatchObject({
      kind: "failed",
      error: {
        code: "RELOAD_FAILED",
        message: "node: reload failed: no such port",
        cause: { message: "no such port" },
      },
    });
    delete orders.reload;
    expect(await handle.reload("good")).toEqual({ kind: "done" });
    expect(handle.isRunning).toBe(true);
    handle.requestShutdown(user);
    await clock.advance(0);
    expect(await status).toMatchObject({ exitCode: 0, graceful: true });
  },
);

test("D-18 a reload that hangs is given up after its own limit, told so, and the next one gets its turn", async () => {
  const { handle, node, clock } = await running({ reload: hang }, { hookTimeoutsMs: { reload: 50 } });
  const [first, second] = [handle.reload(1), handle.reload(2)];
  await clock.advance(49);
  const token = (node.contexts.reload as ReloadContext).token;
  expect([node.configs, token.isCancelled]).toEqual([[1], false]);
  await clock.advance(1);
  expect(await first).toMatchObject({
    kind: "failed",
    error: { code: "RELOAD_FAILED", cause: { code: "HOOK_TIMED_OUT", details: { deadlineMs: 50 } } },
  });
  expect([node.configs, token.isCancelled, handle.isRunning]).toEqual([[1, 2], true, true]);
  await clock.advance(50);
  expect(codeOf(await second)).toBe("RELOAD_FAILED");
  expect([clock.pending, handle.tasks()]).toEqual([0, []]);
});

test("D-18 without a limit of its own a reload has 30 s", async () => {
  const { handle, clock } = await running({ reload: hang });
  const end = handle.reload();
  let ended = false;
  void end.then(() => {
    ended = true;
  });
  await clock.advance(29_999);
  expect(ended).toBe(false);
  await clock.advance(1);
  expect(codeOf(await end)).toBe("RELOAD_FAILED");
});

test("D-18 a stop waits for the reload in hand before onStop, and those in the queue are refused", async () => {
  const { handle, node, clock, status } = await running({ reload: { kind: "delay", ms: 100 } });
  const [first, second] = [handle.reload(1), handle.reload(2)];
  await clock.advance(50);
  handle.requestShutdown(user);
  await clock.advance(49);
  expect(node.calls).not.toContain("onStop");
  await clock.advance(1);
  expect(await status).toMatchObject({ exitCode: 0 });
  expect([await first, codeOf(await second)]).toEqual([{ kind: "done" }, "NOT_RUNNING"]);
  expect([node.configs, clock.pending]).toEqual([[1], 0]);
});

test("D-18 a reload that hangs at the stop is named, and who waits for it is answered", async () => {
  const { handle, clock, status, node } = await running({ reload: hang });
  const ends = [handle.reload(1), handle.reload(2)];
  await clock.advance(7);
  handle.requestShutdown(user);
  await clock.advance(1_000);
  const error = await failure(status);
  expect(error).toMatchObject({
    code: "SHUTDOWN_DEADLINE_EXCEEDED",
    details: { pending: [{ phase: "tasks", name: "reload", kind: "maintenance" }] },
  });
  expect((await Promise.all(ends)).map(codeOf)).toEqual(["NOT_RUNNING", "NOT_RUNNING"]);
  expect([node.calls.includes("onStop"), clock.pending]).toEqual([true, 0]);
});

test("D-18 a reload that gives up because of the shutdown has failed by it", async () => {
  const lifecycle = new FakeNode(new VirtualClock());
  lifecycle.reload = async (_config, { token }) => {
    await token.cancelled;
    token.throwIfCancelled();
  };
  const { handle, status } = await running({}, { lifecycle });
  const end = handle.reload();
  await Promise.resolve();
  handle.requestShutdown(user);
  expect(await end).toMatchObject({
    error: { code: "RELOAD_FAILED", cause: { code: "CANCELLED", details: user } },
  });
  expect((await status).exitCode).toBe(0);
});

test("D-18 a supervised service is reloaded in place, and started again by its supervisor for a reload reason", async () => {
  const clock = new VirtualClock();
  const nodes: FakeNode[] = [];
  const handles: ServiceHandle[] = [];
  const supervised = (id: string, restart: "permanent" | "transient" | "temporary") =>
    serviceChild(
      id,
      {
        clock,
        get lifecycle() {
          const node = new FakeNode(clock);
          nodes.push(node);
          return node;
        },
      },
      { restart, onHandle: (handle) => handles.push(handle) },
    );
  const supervisor = new Supervisor({
    clock,
    children: [supervised("a", "permanent"), supervised("b", "transient"), supervised("c", "temporary")],
  });
  const exited = vi.fn();
  supervisor.subscribe((event) => event.type === "child-exited" && exited(event.id, event.exit.kind));
  await supervisor.start();
  const states = () => supervisor.snapshot().children.map(({ id, state }) => `${id} ${state}`);

  expect(await Promise.all(handles.map((handle) => handle.reload("new")))).toEqual(
    handles.map(() => ({ kind: "done" })),
  );
  expect(nodes.map(({ configs }) => configs)).toEqual([["new"], ["new"], ["new"]]);

  for (const handle of [...handles]) handle.requestShutdown(reload);
  await clock.advance(0);
  expect(exited.mock.calls).toEqual([
    ["a", "completed"],
    ["b", "completed"],
    ["c", "completed"],
  ]);
  // "Temporary" is a promise: never started again.
  expect(states()).toEqual(["a running", "b running"]);
  expect(handles.map(({ name, isRunning }) => `${name} ${isRunning}`)).toEqual([
    "a false",
    "b false",
    "c false",
    "a true",
    "b true",
  ]);

  await supervisor.stop(reload);
  expect([states(), handles.length, clock.pending]).toEqual([["a stopped", "b stopped"], 5, 0]);
});
