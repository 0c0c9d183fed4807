import { expect, test, vi } from "vitest";
import { type ExitStatus, type ShutdownReason, ShutdownToken, type StopContext } from "../src/index.ts";
import type { Orders } from "../src/testing/index.ts";
import { all, fail, failure, hang, loop, setUp, user } from "./service-rig.ts";

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

test("D-17 a fake node delays, hangs, fails or completes as told", async () => {
  const { clock, service, node } = setUp({ preStart: { kind: "delay", ms: 70 }, run: { kind: "complete" } });
  const status = service.start();
  await clock.advance(69);
  expect(node.calls).toEqual(["preStart"]);
  await clock.advance(1);
  expect((await status).reason.kind).toBe("run-completed");
});

test("an abort error that no shutdown caused is a failure like any other", async () => {
  const error = new DOMException("the fetch was aborted", "AbortError");
  expect(await statusOf({ run: { kind: "fail", error } })).toMatchObject({
    reason: { kind: "run-failed", error },
    error: { code: "RUN_FAILED" },
  });
});
