import { expect, test } from "vitest";
import { stream, TerminalError } from "../src/index.ts";
import { setUp, source } from "./sync-daemon-rig.ts";

test("B-01 starting gives a handle at once; stop asks, stopWait asks and joins", async () => {
  const { clock, log, daemon } = setUp();
  expect(log).toEqual([]);
  await clock.advance(0);
  expect(daemon.stop({ kind: "user-requested" })).toBeUndefined();
  const exit = await daemon.stopWait();
  expect(exit).toEqual({ kind: "stopped", reason: { kind: "user-requested" }, left: [] });
  expect(clock.pending).toBe(0);
});

test("B-01 stopWait really waits: a step that takes its time to end is joined", async () => {
  let ended = false;
  const { clock, daemon } = setUp({
    passes: {
      sync: {
        everyMs: 10,
        steps: [
          {
            name: "slow to end",
            run: async (token) => {
              await token.cancelled;
              await clock.sleep(700);
              ended = true;
            },
          },
        ],
      },
    },
  });
  await clock.advance(5);
  const stopping = daemon.stopWait().then(() => ended);
  await clock.advance(700);
  expect(await stopping).toBe(true);
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

test("B-02 no loop starts before the start-up has ended", async () => {
  const { clock, log, reports, daemon } = setUp({
    startUp: [{ name: "full sync", run: (token) => clock.sleep(500, token) }],
  });
  await clock.advance(499);
  expect(log).toEqual(["connect"]);
  await clock.advance(1);
  expect([log, reports]).toEqual([
    ["connect", "sync"],
    ["start-up: full sync completed", "sync: sync completed"],
  ]);
  await daemon.stopWait();
});

test("B-02 a failing connect and a failing full sync are told, and the loops start; the check then connects", async () => {
  let tries = 0;
  const check = async () => {
    if (tries++ === 0) throw new Error("refused");
    return true;
  };
  const told: unknown[] = [];
  const onResult = (connected: boolean, error?: unknown) => told.push([connected, (error as Error)?.message]);
  const { clock, reports, daemon } = setUp({
    connection: { everyMs: 1_000, check, onResult },
    startUp: [{ name: "full sync", run: () => Promise.reject(new Error("no chain source")) }],
  });
  await clock.advance(0);
  expect([told, reports, daemon.connected.isOpen]).toEqual([
    [[false, "refused"]],
    ["start-up: full sync failed", "sync: sync completed"],
    false,
  ]);
  await clock.advance(1_000);
  expect([told[1], daemon.connected.isOpen]).toEqual([[true, undefined], true]);
  await daemon.stopWait();
});

test("B-02 a connect and a full sync that hang hold the loops up no longer than their limits", async () => {
  const { clock, log, reports, daemon } = setUp({
    connection: { everyMs: 1_000, timeoutMs: 200, check: () => new Promise(() => {}) },
    startUp: [{ name: "full sync", timeoutMs: 300, run: () => new Promise(() => {}) }],
  });
  await clock.advance(499);
  expect(log).toEqual([]);
  await clock.advance(1);
  expect([log, reports[0]]).toEqual([["sync"], "start-up: full sync timed-out"]);
  const stopping = daemon.stopWait();
  await clock.advance(1_000);
  await stopping;
  expect(clock.pending).toBe(0);
});

test("B-02 a start-up that hangs is cancelled by a stop, which ends by its budget even if it does not listen", async () => {
  const polite = setUp({ startUp: [{ name: "full sync", run: (token) => token.cancelled }] });
  await polite.clock.advance(10);
  expect((await polite.daemon.stopWait()).left).toEqual([]);
  const deaf = setUp({ startUp: [{ name: "full sync", run: () => new Promise(() => {}) }] });
  await deaf.clock.advance(10);
  const stopping = deaf.daemon.stopWait();
  await deaf.clock.advance(1_000);
  expect((await stopping).left).toEqual(["start-up"]);
  expect([polite.clock.pending, deaf.clock.pending]).toEqual([0, 0]);
});

test("B-03 the check alone says what is connected: a stream that falls or opens makes it look at once", async () => {
  let up = true;
  const checks: number[] = [];
  const events = source();
  const { clock, daemon } = setUp({
    connection: {
      everyMs: 10_000,
      check: async () => {
        checks.push(clock.monotonic());
        return up;
      },
    },
    streams: {
      events: (token, part) => stream({ ...part, connect: events.connect, onEvent: () => {} }, token),
    },
  });
  const edges: [number, boolean][] = [];
  daemon.connected.onChange((isOpen) => edges.push([clock.monotonic(), isOpen]));
  await clock.advance(5_000);
  // The stream falls, but the remote answers: nothing changes.
  events.hangUp();
  await clock.advance(0);
  expect([checks, daemon.connected.isOpen]).toEqual([[0, 5_000], true]);
  await clock.advance(5_000);
  up = false;
  events.state.refuse = new Error("refused");
  events.hangUp();
  await clock.advance(0);
  expect([checks.at(-1), daemon.connected.isOpen]).toEqual([10_000, false]);
  up = true;
  events.state.refuse = undefined;
  await clock.advance(2_000);
  expect(daemon.connected.isOpen).toBe(true);
  expect(edges.map(([, isOpen]) => isOpen)).toEqual([true, false, true]);
  expect(edges.at(-1)?.[0]).toBeLessThanOrEqual(12_000);
  await daemon.stopWait();
});

test.each([
  ["in manual mode", { manual: true }],
  ["without any stream", { streams: {} }],
])("B-04 %s a drop is noticed by the check, at its interval", async (_when, options) => {
  let up = true;
  const { clock, daemon } = setUp({ ...options, connection: { everyMs: 1_000, check: async () => up } });
  await clock.advance(1_500);
  expect(daemon.connected.isOpen).toBe(true);
  up = false;
  await clock.advance(500);
  expect(daemon.connected.isOpen).toBe(false);
  await daemon.stopWait();
});

test("B-05 a stream of the daemon's reconnects by itself, and one that its server ended for good stays closed", async () => {
  const events = source();
  const states: string[] = [];
  const { clock, daemon } = setUp({
    streams: {
      events: (token, part) =>
        stream(
          {
            ...part,
            connect: events.connect,
            onEvent: () => {},
            onState: (state) => states.push(state.kind),
          },
          token,
        ),
    },
  });
  await clock.advance(100);
  events.hangUp();
  await clock.advance(1_000);
  expect(events.state.connects).toBe(2);
  events.state.refuse = new TerminalError("410");
  events.hangUp();
  await clock.advance(600_000);
  expect([events.state.connects, states.at(-1)]).toEqual([3, "closed"]);
  expect(daemon.supervisor.snapshot().state).toBe("running");
  await daemon.stopWait();
});

test("B-05 a stream that breaks by a bug is started again", async () => {
  let runs = 0;
  const { clock, daemon } = setUp({
    streams: { events: async () => (runs++ === 0 ? Promise.reject(new Error("bug")) : undefined) },
  });
  await clock.advance(1_000);
  expect(runs).toBe(2);
  await daemon.stopWait();
});

test("two units of one name are refused", () => {
  expect(() => setUp({ passes: { connection: { steps: [] } } })).toThrow(
    "two children are called connection",
  );
});
