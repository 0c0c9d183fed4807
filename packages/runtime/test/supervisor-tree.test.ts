import { expect, test } from "vitest";
import { type ServiceHandle, serviceChild, supervisorChild } from "../src/index.ts";
import { FakeChild, FakeNode, VirtualClock } from "../src/testing/index.ts";
import { setUp, states, user } from "./supervisor-rig.ts";

test("a child may answer that it shall not be restarted, or that the whole tree shall end", async () => {
  const modest = new FakeChild("modest");
  const drastic = new FakeChild("drastic");
  const inner = new FakeChild("inner");
  const { supervisor, clock } = setUp(
    { children: [supervisorChild("sub", { children: [drastic.spec] })] },
    modest,
    inner,
  );
  await supervisor.start();
  modest.complete("do-not-restart");
  await clock.advance(0);
  expect(states(supervisor)).toMatchObject({ modest: "stopped" });
  drastic.complete("end-tree");
  expect(await supervisor.done).toMatchObject({ kind: "auto-shutdown", id: "sub", by: "verdict" });
  expect(inner.isRunning).toBe(false);
});

test("supervisors nest: events carry their path, and an escalation is the parent's to decide", async () => {
  const leaf = new FakeChild("leaf");
  const clock = new VirtualClock();
  const { supervisor, events } = setUp({
    clock,
    children: [supervisorChild("pool", { clock, intensity: 0, children: [leaf.spec] })],
  });
  await supervisor.start();
  expect(supervisor.snapshot()).toMatchObject({
    children: [{ id: "pool", tree: { state: "running", children: [{ id: "leaf", state: "running" }] } }],
  });
  leaf.crash(new Error("leaf bug"));
  await clock.advance(0);
  expect(leaf.starts).toBe(2);
  expect(states(supervisor)).toEqual({ pool: "running" });
  const paths = events.map((event) => `${[...event.path, event.type].join("/")}`);
  expect(paths).toContain("pool/supervisor-failed");
  expect(paths).not.toContain("pool/runtime-failed");
  expect(events.find(({ type }) => type === "child-restarting")).toMatchObject({ id: "pool", path: [] });
  await supervisor.stop();
  expect(leaf.isRunning).toBe(false);
});

test("a service is a child: ready when it runs, stopped through its phases, restarted as a new one", async () => {
  const clock = new VirtualClock();
  const node = new FakeNode(clock, { onStart: { kind: "delay", ms: 40 } });
  const { supervisor } = setUp({
    clock,
    children: [serviceChild("node", { lifecycle: node, clock })],
  });
  const started = supervisor.start();
  await clock.advance(39);
  expect(supervisor.snapshot().state).toBe("starting");
  await clock.advance(1);
  await started;
  const stopped = supervisor.stop(user);
  await clock.advance(0);
  expect((await stopped).left).toEqual([]);
  expect(node.calls).toEqual(["preStart", "onStart", "run", "onStop", "postStop"]);
  const broken = new FakeNode(clock, { preStart: { kind: "fail" } });
  const second = setUp({ clock, children: [serviceChild("node", { lifecycle: broken, clock })] });
  await expect(second.supervisor.start()).rejects.toMatchObject({
    code: "CHILD_START_FAILED",
    cause: { code: "PRE_START_FAILED" },
  });
});

test("the events of a life come in order, with wall times, to a reader", async () => {
  const child = new FakeChild("a");
  const { supervisor, clock } = setUp({}, child);
  const reader = supervisor.events();
  await supervisor.start();
  child.crash();
  await clock.advance(0);
  await supervisor.stop();
  const got: string[] = [];
  for await (const event of reader) got.push(event.type === "lagged" ? "?" : `${event.type} ${event.at}`);
  const at = clock.now();
  expect(got).toEqual(
    [
      "child-started",
      "child-ready",
      "child-exited",
      "child-restarting",
      "child-started",
      "child-ready",
      "child-exited",
      "supervisor-stopped",
    ].map((type) => `${type} ${at}`),
  );
});

test("a tree snapshot survives JSON unchanged, errors included", async () => {
  const child = new FakeChild("a", { backoff: { initialMs: 1_000, factor: 1, maxMs: 1_000 } });
  const { supervisor, clock } = setUp({}, child);
  await supervisor.start();
  await clock.advance(5);
  child.crash(new Error("x"));
  await clock.advance(10);
  const snapshot = supervisor.snapshot();
  expect(JSON.parse(JSON.stringify(snapshot))).toEqual(snapshot);
  expect(snapshot).toEqual({
    strategy: "one-for-one",
    state: "running",
    children: [
      {
        id: "a",
        state: "restarting",
        restart: "permanent",
        significant: false,
        runs: 1,
        restartInMs: 990,
        lastExit: { kind: "failed", error: { name: "Error", message: "x" } },
      },
    ],
  });
  await supervisor.stop();
});

test("all that happens below comes up with its path, and only a failure is told as another thing", async () => {
  const leaf = new FakeChild("leaf");
  const clock = new VirtualClock();
  const { supervisor, events } = setUp({
    clock,
    children: [
      supervisorChild("pool", { clock, intensity: 0, children: [leaf.spec] }, { restart: "transient" }),
    ],
  });
  await supervisor.start();
  leaf.crash(new Error("leaf bug"));
  await clock.advance(0);
  expect(events.map((event) => [...event.path, event.type].join("/"))).toEqual([
    "child-started",
    "pool/child-started",
    "pool/child-ready",
    "child-ready",
    "pool/child-exited",
    "pool/supervisor-failed",
    "pool/supervisor-stopped",
    "child-exited",
    "child-restarting",
    "child-started",
    "pool/child-started",
    "pool/child-ready",
    "child-ready",
  ]);
  expect(events.find((event) => event.type === "child-exited" && event.id === "pool")).toMatchObject({
    exit: { kind: "failed", error: { code: "INTENSITY_EXCEEDED", cause: { message: "leaf bug" } } },
  });
  await supervisor.stop();
});

test("the snapshot of what runs has its age, and that of what ended well no error", async () => {
  const done = new FakeChild("done", { restart: "transient" });
  const { supervisor, clock } = setUp({}, done, new FakeChild("up"));
  await clock.advance(100);
  await supervisor.start();
  await clock.advance(7);
  done.complete();
  await clock.advance(0);
  expect(supervisor.snapshot().children).toEqual([
    {
      id: "done",
      state: "stopped",
      restart: "transient",
      significant: false,
      runs: 1,
      lastExit: { kind: "completed" },
    },
    { id: "up", state: "running", restart: "permanent", significant: false, runs: 1, ageMs: 7 },
  ]);
  await supervisor.stop();
});

test("a service that ended by itself, or was asked to end for good, is left alone by a transient spec", async () => {
  const clock = new VirtualClock();
  const handles: ServiceHandle[] = [];
  let runs = 0;
  const child = (id: string, ends: boolean) =>
    serviceChild(
      id,
      {
        clock,
        lifecycle: {
          run: async ({ shutdown }) => {
            runs++;
            if (!ends) await shutdown.cancelled;
          },
        },
      },
      { restart: "transient", onHandle: (handle) => handles.push(handle) },
    );
  const { supervisor } = setUp({ clock, children: [child("ends", true), child("asked", false)] });
  await supervisor.start();
  await clock.advance(0);
  handles.at(-1)?.requestShutdown(user);
  await clock.advance(0);
  expect([states(supervisor), runs]).toEqual([{ ends: "stopped", asked: "stopped" }, 2]);
  await supervisor.stop();
});
