// `await using`: what is left by a block is stopped, and joined, however the block ends.
import { expect, test } from "vitest";
import { Service, type ServiceHandle, Supervisor } from "../src/index.ts";
import { syncDaemon } from "../src/sync.ts";
import { FakeChild, FakeNode, VirtualClock } from "../src/testing/index.ts";

test("a service is stopped and joined at the end of its block, and its stop hooks have run", async () => {
  const clock = new VirtualClock();
  const node = new FakeNode(clock);
  {
    await using service = new Service({ name: "node", lifecycle: node, clock });
    void service.start();
    await service.handle().waitUntilRunning();
  }
  expect(node.calls).toEqual(["preStart", "onStart", "run", "onStop", "postStop"]);
});

test("a block that throws stops the service of its handle, too, and a handle of one that never started ends at once", async () => {
  const clock = new VirtualClock();
  const node = new FakeNode(clock);
  let held: ServiceHandle | undefined;
  const block = async () => {
    const service = new Service({ name: "node", lifecycle: node, clock });
    await using handle = service.handle();
    held = handle;
    void service.start();
    await handle.waitUntilRunning();
    throw new Error("the block broke");
  };
  await expect(block()).rejects.toThrow("the block broke");
  expect(await held?.waitForExit()).toMatchObject({
    exitCode: 0,
    reason: { kind: "requested", reason: { kind: "requested-by-run", message: "disposed" } },
  });
  await new Service({ name: "new", lifecycle: node, clock }).handle()[Symbol.asyncDispose]();
  expect(node.calls).toHaveLength(5);
});

test("a supervisor is stopped at the end of its block, and disposing of it again joins the same stop", async () => {
  const clock = new VirtualClock();
  const child = new FakeChild("a", { clock, stopMs: 30 });
  const supervisor = new Supervisor({ clock, children: [child.spec] });
  const block = async () => {
    await using scope = supervisor;
    await scope.start();
  };
  const left = block();
  await clock.advance(29);
  expect(child.isRunning).toBe(true);
  await clock.advance(1);
  await left;
  await supervisor[Symbol.asyncDispose]();
  expect([child.isRunning, supervisor.snapshot().state, clock.pending]).toEqual([false, "stopped", 0]);
});

test("a sync daemon is stopped at the end of its block", async () => {
  const clock = new VirtualClock();
  const block = async () => {
    await using daemon = syncDaemon({
      clock,
      connection: { everyMs: 1_000, check: async () => true },
      passes: { sync: { everyMs: 1_000, steps: [{ name: "sync", run: () => {} }] } },
    });
    await clock.advance(5_000);
    return daemon;
  };
  const daemon = await block();
  expect([daemon.supervisor.snapshot().state, clock.pending]).toEqual(["stopped", 0]);
});
