import { expect, test, vi } from "vitest";
import { type SyncDaemonOptions, stream, syncDaemon } from "../src/index.ts";
import { VirtualClock } from "../src/testing/index.ts";

function setUp(options: Partial<SyncDaemonOptions> = {}) {
  const clock = new VirtualClock();
  const log: string[] = [];
  const step = (name: string) => ({ name, run: () => log.push(name) });
  const daemon = syncDaemon({
    clock,
    connection: {
      everyMs: 1_000,
      check: async () => {
        log.push("connect");
        return true;
      },
    },
    fullSync: () => log.push("full sync"),
    passes: { sync: { everyMs: 60_000, steps: [step("sync")] } },
    stopBudgetMs: 1_000,
    onStartUpError: (error) => log.push(`start-up: ${(error as Error).message}`),
    ...options,
  });
  return { clock, log, daemon };
}

test("B-01 starting gives a handle at once; stop asks, stopWait asks and joins", async () => {
  const { clock, log, daemon } = setUp();
  expect(log).toEqual([]);
  await clock.advance(0);
  expect(daemon.stop({ kind: "user-requested" })).toBeUndefined();
  const exit = await daemon.stopWait();
  expect(exit).toEqual({ kind: "stopped", reason: { kind: "user-requested" }, left: [] });
  expect(clock.pending).toBe(0);
});

test("B-02 start-up runs once, before the loops: connect, then a full sync", async () => {
  const { clock, log, daemon } = setUp();
  await clock.advance(0);
  expect(log).toEqual(["connect", "full sync", "sync"]);
  await clock.advance(120_000);
  expect(log).toEqual(["connect", "full sync", "sync", "sync", "sync"]);
  expect(daemon.connected.isOpen).toBe(true);
  await daemon.stopWait();
});

test("B-02 no loop starts before the full sync has ended", async () => {
  const { clock, log, daemon } = setUp({ fullSync: (token) => clock.sleep(500, token) });
  await clock.advance(499);
  expect(log).toEqual(["connect"]);
  await clock.advance(1);
  expect(log).toEqual(["connect", "sync"]);
  await daemon.stopWait();
});

test("B-02 a failing connect is told, and the loops start; the check then connects", async () => {
  let tries = 0;
  const check = async () => {
    if (tries++ === 0) throw new Error("refused");
    return true;
  };
  const { clock, log, daemon } = setUp({ connection: { everyMs: 1_000, check } });
  await clock.advance(0);
  expect([log, daemon.connected.isOpen]).toEqual([["start-up: refused", "full sync", "sync"], false]);
  await clock.advance(1_000);
  expect(daemon.connected.isOpen).toBe(true);
  await daemon.stopWait();
});

test("B-02 a start-up that hangs is cancelled by a stop, which ends by its budget even if it does not listen", async () => {
  const polite = setUp({ fullSync: (token) => token.cancelled });
  await polite.clock.advance(10);
  expect((await polite.daemon.stopWait()).left).toEqual([]);
  const deaf = setUp({ fullSync: () => new Promise(() => {}) });
  await deaf.clock.advance(10);
  const stopping = deaf.daemon.stopWait();
  await deaf.clock.advance(1_000);
  expect((await stopping).left).toEqual(["start-up"]);
  expect([polite.clock.pending, deaf.clock.pending]).toEqual([0, 0]);
});

test("B-10 in manual mode only the connection check runs, and concurrent triggers coalesce", async () => {
  const opened = vi.fn();
  const { clock, log, daemon } = setUp({ manual: true, streams: { events: opened } });
  await clock.advance(120_000);
  expect(log).toEqual(new Array(121).fill("connect"));
  expect(opened).not.toHaveBeenCalled();
  const reports = [daemon.trigger("sync"), daemon.trigger("sync")];
  await clock.advance(0);
  expect(await reports[0]).toBe(await reports[1]);
  expect(log.filter((line) => line === "sync")).toHaveLength(1);
  expect(() => daemon.trigger("nonsense")).toThrow(TypeError);
  await daemon.stopWait();
});

test("B-11 a panic in one loop does not touch the others, it restarts, and its wait ends at a stop", async () => {
  let panics = 0;
  const everyMs = () => {
    if (panics++ === 0) throw new Error("panic");
    return 1_000;
  };
  const { clock, log, daemon } = setUp({
    passes: {
      bad: { everyMs, steps: [{ name: "bad", run: () => log.push("bad") }] },
      good: { everyMs: 500, steps: [{ name: "good", run: () => log.push("good") }] },
    },
  });
  await clock.advance(3_000);
  const count = (name: string) => log.filter((line) => line === name).length;
  expect(count("good")).toBe(7);
  expect(count("bad")).toBeGreaterThanOrEqual(3);
  await daemon.stopWait();
  expect(clock.pending).toBe(0);
});

test("B-12 a stop at any moment of a busy life ends within the budget, with no timer left", async () => {
  for (let stopAt = 0; stopAt <= 200; stopAt += 7) {
    const clock = new VirtualClock();
    const { daemon } = setUp({
      clock,
      connection: { everyMs: 20, check: async (token) => (await clock.sleep(5, token)) === "elapsed" },
      fullSync: (token) => clock.sleep(30, token),
      passes: { sync: { everyMs: 10, steps: [{ name: "sync", run: (token) => clock.sleep(15, token) }] } },
      streams: {
        events: (token, part) =>
          stream(
            {
              ...part,
              connect: async ({ token }) => {
                await clock.sleep(3, token);
                throw new Error("refused");
              },
              onEvent: () => {},
            },
            token,
          ),
      },
    });
    await clock.advance(stopAt);
    const asked = clock.monotonic();
    const stopping = daemon.stopWait().then(() => clock.monotonic() - asked);
    await clock.advance(1_000);
    expect(await stopping).toBeLessThanOrEqual(1_000);
    expect(clock.pending).toBe(0);
  }
});

test("B-13 a new chain tip wakes a pass, and the interval is the backstop", async () => {
  const { clock, log, daemon } = setUp();
  await clock.advance(10_000);
  void daemon.trigger("sync");
  await clock.advance(0);
  expect(log.filter((line) => line === "sync")).toHaveLength(2);
  await clock.advance(59_999);
  expect(log.filter((line) => line === "sync")).toHaveLength(2);
  await clock.advance(1);
  expect(log.filter((line) => line === "sync")).toHaveLength(3);
  await daemon.stopWait();
});
