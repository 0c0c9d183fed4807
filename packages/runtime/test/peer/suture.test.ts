// The cases of suture's suite (thejerf/suture, v4/*_test.go), by name. A service is a child that is restarted whatever
// its end; suture waits before it restarts when there were too many failures, here each child has its own delay.
import { expect, test } from "vitest";
import { Supervisor } from "../../src/index.ts";
import { VirtualClock } from "../../src/testing/index.ts";
import {
  counts,
  exitsIn,
  fake,
  nested,
  pool,
  settledAfter,
  setUp,
  shutdown,
  states,
  told,
  watched,
} from "./rig.ts";

const cancelled = { kind: "stopped", reason: shutdown, left: [] };
const hung = (id: string, clock: VirtualClock, timeoutMs: number) =>
  fake(id, { clock, stopMs: Number.POSITIVE_INFINITY, stop: { timeoutMs } });

test("TestTheHappyCase: a service that ends is started again, and ends for good with its supervisor", async () => {
  const service = fake("B");
  const { supervisor, settle } = await setUp({}, service);
  expect(service.isRunning).toBe(true);
  service.complete();
  await settle();
  expect([service.starts, service.isRunning]).toEqual([2, true]);
  expect(await supervisor.stop(shutdown)).toEqual(cancelled);
  expect([service.starts, service.isRunning]).toEqual([2, false]);
});

test("TestAddingToRunningSupervisor: what is added is started and listed", async () => {
  const { supervisor } = await setUp();
  const service = fake("B1");
  await supervisor.startChild(service.spec);
  expect([service.isRunning, states(supervisor)]).toEqual([true, ["B1 running"]]);
  await supervisor.stop();
});

test("TestFailures: the right one comes back after any failure, waits when it fails often, and is forgiven in time", async () => {
  const backoff = { initialMs: 0, factor: 2, maxMs: 15_000, resetAfterMs: 30_000 };
  const clock = new VirtualClock();
  const service1 = fake("B2", { backoff: { ...backoff, initialMs: 1_000 } });
  const service2 = fake("C2", { backoff });
  const { supervisor, events, settle } = await setUp(
    { clock, intensity: 4, periodMs: 60_000 },
    service1,
    service2,
  );
  const delays = () =>
    events.flatMap((event) => (event.type === "child-restarting" ? [`${event.id} ${event.delayMs}`] : []));

  service2.complete();
  await settle();
  expect([service1.starts, service2.starts]).toEqual([1, 2]);
  service2.crash(new Error("panic"));
  await settle();
  expect([service1.starts, service2.starts, delays()]).toEqual([1, 3, ["C2 0", "C2 0"]]);

  // It waits; the other one is not touched meanwhile.
  service1.crash();
  await clock.advance(999);
  expect([service1.isRunning, service2.isRunning, states(supervisor)]).toEqual([
    false,
    true,
    ["B2 restarting", "C2 running"],
  ]);
  await clock.advance(1);
  expect(service1.isRunning).toBe(true);
  service1.crash();
  await clock.advance(2_000);
  expect([service1.starts, delays().slice(2)]).toEqual([3, ["B2 1000", "B2 2000"]]);

  // A minute later nothing of it counts any more, neither for the delay nor for the limit.
  await clock.advance(60_001);
  for (let i = 0; i < 3; i++) {
    service1.crash();
    await clock.advance(15_000);
  }
  expect(delays().slice(4)).toEqual(["B2 1000", "B2 2000", "B2 4000"]);
  expect([service1.isRunning, service2.starts]).toEqual([true, 3]);
  expect(await supervisor.stop(shutdown)).toEqual(cancelled);
});

test("TestRunningAlreadyRunning: a second start is refused, and harms nothing", async () => {
  const service = fake("A3");
  const { supervisor } = await setUp({}, service);
  await expect(supervisor.start()).rejects.toMatchObject({ code: "ALREADY_STARTED" });
  await expect(supervisor.run()).rejects.toMatchObject({ code: "ALREADY_STARTED" });
  expect([service.starts, states(supervisor)]).toEqual([1, ["A3 running"]]);
  await supervisor.stop();
});

test("TestNestedSupervisors: what a nested one tells comes to the listeners above", async () => {
  const clock = new VirtualClock();
  const service = hung("Service5", clock, 100);
  const super2 = nested("Nested5", { clock, children: [service.spec] }, {}, []);
  const super1 = new Supervisor({ clock, children: [super2] });
  const events = watched(super1);
  await super1.start();
  expect(service.isRunning).toBe(true);
  const stopping = super1.stop(shutdown);
  await clock.advance(100);
  await stopping;
  expect(exitsIn(events)).toEqual(["Nested5/Service5 killed", "Nested5 stopped"]);
});

test("TestStoppingSupervisorStopsServices: they have ended when it has, and it takes no more changes", async () => {
  const service = fake("Service 6");
  const { supervisor } = await setUp({}, service);
  expect(await supervisor.stop(shutdown)).toEqual(cancelled);
  expect(service.isRunning).toBe(false);
  await expect(supervisor.startChild(fake("late").spec)).rejects.toMatchObject({ code: "NOT_RUNNING" });
  expect(counts(supervisor)).toEqual({ specs: 1, active: 0 });
});

test("TestStoppingStillWorksWithHungServices: one that hangs is left behind, and said to be", async () => {
  const clock = new VirtualClock();
  const service = hung("Service WillHang7", clock, 1_000);
  const { supervisor, exits } = await setUp({ clock }, service);
  const stopping = supervisor.stop(shutdown);
  expect(await settledAfter(clock, stopping, 10_000)).toBe(1_000);
  expect([exits(), (await stopping).left]).toEqual([["Service WillHang7 killed"], ["Service WillHang7"]]);
  // Its end, when it comes, is nobody's concern.
  service.complete();
  await clock.advance(0);
  expect(exits()).toHaveLength(1);
});

test("TestRemovingHungService: it can be removed, and the supervisor goes on", async () => {
  const clock = new VirtualClock();
  const service = hung("Service WillHang", clock, 1_000);
  const { supervisor, exits } = await setUp({ clock }, service);
  expect(await settledAfter(clock, supervisor.stopChild("Service WillHang"), 10_000)).toBe(1_000);
  await supervisor.deleteChild("Service WillHang");
  expect([exits(), states(supervisor)]).toEqual([["Service WillHang killed"], []]);
  service.complete();
  await clock.advance(0);
  expect([service.starts, supervisor.snapshot().state]).toEqual([1, "running"]);
  await supervisor.stop();
});

test("TestRemoveService: it is stopped and gone; another supervisor's is not known", async () => {
  const service = fake("ServiceToRemove8");
  const { supervisor } = await setUp({}, service);
  const other = await setUp({}, fake("elsewhere"));
  await supervisor.stopChild("ServiceToRemove8");
  await supervisor.deleteChild("ServiceToRemove8");
  expect([service.isRunning, states(supervisor)]).toEqual([false, []]);
  for (const ask of ["stopChild", "deleteChild"] as const) {
    await expect(supervisor[ask]("elsewhere")).rejects.toMatchObject({ code: "CHILD_NOT_FOUND" });
  }
  expect(states(other.supervisor)).toEqual(["elsewhere running"]);
  await supervisor.stop();
  await other.supervisor.stop();
});

test("TestServiceReport: who did not stop is named", async () => {
  const clock = new VirtualClock();
  const { supervisor } = await setUp({ clock }, fake("fine"), hung("ServiceName", clock, 1));
  const stopping = supervisor.stop(shutdown);
  await clock.advance(1);
  expect((await stopping).left).toEqual(["ServiceName"]);
});

test("TestPassNoContextToSupervisor: it runs without a token from outside", async () => {
  const service = fake("B");
  const supervisor = new Supervisor({ clock: new VirtualClock(), children: [service.spec] });
  const ran = supervisor.run();
  await expect.poll(() => service.isRunning).toBe(true);
  await supervisor.stop(shutdown);
  expect([await ran, service.isRunning]).toEqual([undefined, false]);

  const broken = fake("C");
  const failing = new Supervisor({ clock: new VirtualClock(), intensity: 0, children: [broken.spec] });
  const failed = failing.run();
  await expect.poll(() => broken.isRunning).toBe(true);
  broken.crash();
  await expect(failed).rejects.toMatchObject({ code: "INTENSITY_EXCEEDED" });
});

test("TestIssue11: a supervisor that is added to one that runs can be added to at once", async () => {
  const clock = new VirtualClock();
  const seen: Supervisor[] = [];
  const { supervisor } = await setUp({ clock });
  const added = supervisor.startChild(nested("sub", { clock }, {}, seen));
  await clock.advance(0);
  const service = fake("may cause data race");
  await Promise.all([added, seen[0]?.startChild(service.spec)]);
  expect(supervisor.snapshot().children).toMatchObject([
    { id: "sub", tree: { children: [{ id: "may cause data race", state: "running" }] } },
  ]);
  expect(await supervisor.stop(shutdown)).toEqual(cancelled);
});

test("TestRemoveAndWait: it waits for the end, for its deadline, or for the end of the supervisor, whichever is first", async () => {
  const clock = new VirtualClock();
  const { supervisor, exits } = await setUp({ clock });
  const remove = (id: string) => settledAfter(clock, supervisor.stopChild(id), 10_000);
  await supervisor.startChild(fake("A1", { clock, stopMs: 300, restart: "temporary" }).spec);
  expect([await remove("A1"), exits()]).toEqual([300, ["A1 stopped"]]);
  await expect(supervisor.stopChild("A1")).rejects.toMatchObject({ code: "CHILD_NOT_FOUND" });

  await supervisor.startChild(hung("A2", clock, 1).spec);
  expect([await remove("A2"), exits().at(-1)]).toEqual([1, "A2 killed"]);

  await supervisor.startChild(fake("A3").spec);
  const stopped = supervisor.stop(shutdown);
  await expect(supervisor.stopChild("A3")).rejects.toMatchObject({ code: "NOT_RUNNING" });
  expect([(await stopped).kind, exits().at(-1)]).toEqual(["stopped", "A3 stopped"]);
});

test("TestSupervisorManagementIssue35: a hundred supervisors below one, stopped while they start", async () => {
  const clock = new VirtualClock();
  const seen: Supervisor[] = [];
  const children = Array.from({ length: 100 }, (_, i) => nested(`${i}`, { clock }, {}, seen));
  const supervisor = new Supervisor({ clock, children });
  const started = supervisor.start();
  expect(await supervisor.stop(shutdown)).toEqual(cancelled);
  await started;
  expect(seen.length).toBeLessThan(100);
  expect(seen.filter((each) => each.snapshot().state !== "stopped")).toEqual([]);
  expect(clock.pending).toBe(0);
});

test("TestStopAfterRemoveAndWait: a stop right after a removal reports nobody as late", async () => {
  const clock = new VirtualClock();
  const service = fake("A1", { clock, stopMs: 500 });
  const { supervisor, exits } = await setUp({ clock }, service);
  const removed = supervisor.stopChild("A1");
  await clock.advance(100);
  const stopping = supervisor.stop(shutdown);
  expect(await settledAfter(clock, stopping, 10_000)).toBe(400);
  await removed;
  expect([await stopping, exits()]).toEqual([cancelled, ["A1 stopped"]]);
});

test("TestServiceAndTreeTermination: one says it is done and stays down, one says end and all do", async () => {
  const clock = new VirtualClock();
  const services = ["1", "2", "3"].map((id) => fake(id));
  const children = services.map(({ spec }) => spec);
  const { supervisor: s1, settle } = await setUp({
    clock,
    children: [nested("TestTreeTermination2", { clock, children }, {}, [])],
  });
  services[2]?.complete("do-not-restart");
  await settle();
  expect(services.map(({ starts, isRunning }) => [starts, isRunning])).toEqual([
    [1, true],
    [1, true],
    [1, false],
  ]);
  services[0]?.complete("end-tree");
  expect(await s1.done).toMatchObject({ kind: "auto-shutdown", by: "verdict", id: "TestTreeTermination2" });
  expect(services.map(({ isRunning }) => isRunning)).toEqual([false, false, false]);
});

test("TestDoNotPropagate: the end of one subtree leaves the rest alone, if that is how it is set up", async () => {
  const clock = new VirtualClock();
  const [service1, service2] = [fake("should keep running"), fake("should end up terminating")];
  const subtree = new Supervisor({ clock, children: [service2.spec] });
  const child = { id: "subtree", restart: "temporary", ...told } as const;
  const { supervisor, events, settle } = await setUp(
    {
      clock,
      children: [
        {
          ...child,
          start: async (ctx) => {
            ctx.nest(subtree);
            await subtree.start();
            ctx.ready();
            await subtree.done;
          },
        },
      ],
    },
    service1,
  );
  service2.complete("end-tree");
  await settle();
  expect([service1.isRunning, service2.isRunning]).toEqual([true, false]);
  expect([supervisor.snapshot().state, subtree.snapshot().state]).toEqual(["running", "stopped"]);
  expect(events.map(({ type }) => type)).not.toContain("runtime-failed");
  await supervisor.stop();
});

test("TestAddAfterStopping: it answers, with an error", async () => {
  const { supervisor } = await setUp();
  await supervisor.stop();
  const service = fake("A1");
  await expect(supervisor.startChild(service.spec)).rejects.toMatchObject({ code: "NOT_RUNNING" });
  expect(service.starts).toBe(0);
});

test("TestIssue77: an abort that nobody asked for is a failure like any other", async () => {
  const service = fake("cancelling", { restart: "transient" });
  const { supervisor, exits, settle } = await setUp({}, service);
  service.crash(new DOMException("not from here", "AbortError"));
  await settle();
  expect([exits(), service.starts, service.isRunning]).toEqual([["cancelling failed"], 2, true]);
  await supervisor.stop();
});

test("TestCompleteJob: a job that says it is done is not started again", async () => {
  const { supervisor, settle } = await setUp(pool);
  const got: number[] = [];
  let starts = 0;
  const start = () => {
    starts++;
    for (let current = 1; current <= 2; current++) got.push(current);
    return "do-not-restart";
  };
  await supervisor.startChild({ id: "job", start });
  await settle();
  expect([got, starts, states(supervisor)]).toEqual([[1, 2], 1, ["job stopped"]]);
  expect(await supervisor.stop(shutdown)).toEqual(cancelled);
});

test("ExampleNew_simple: a service serves until it is told to stop", async () => {
  const clock = new VirtualClock();
  const lines: string[] = [];
  const start = async ({ token }: { token: Parameters<typeof clock.sleep>[1] }) => {
    for (let current = 0; (await clock.sleep(10, token)) === "elapsed"; current++)
      lines.push(`Got: ${current}`);
    lines.push("Stopping the service");
  };
  const { supervisor } = await setUp({ clock, children: [{ id: "Incrementor", start }] });
  await clock.advance(20);
  await supervisor.stop();
  expect(lines).toEqual(["Got: 0", "Got: 1", "Stopping the service"]);
});
