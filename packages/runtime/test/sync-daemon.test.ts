import { expect, test, vi } from "vitest";
import { type ShutdownToken, stream, TerminalError } from "../src/index.ts";
import { mailbox, type SyncDaemonOptions, type SyncStep, syncDaemon } from "../src/sync.ts";
import { VirtualClock } from "../src/testing/index.ts";
import { countListeners } from "./listener-count.ts";

function setUp(options: Partial<SyncDaemonOptions> = {}) {
  const clock = new VirtualClock();
  const log: string[] = [];
  const reports: string[] = [];
  const step = (name: string, more: Partial<SyncStep> = {}): SyncStep => ({
    name,
    run: () => log.push(name),
    ...more,
  });
  const daemon = syncDaemon({
    clock,
    connection: {
      everyMs: 1_000,
      check: async () => {
        log.push("connect");
        return true;
      },
    },
    startUp: [step("full sync")],
    passes: { sync: { everyMs: 60_000, steps: [step("sync")] } },
    streams: { events: (token) => token.cancelled.then(() => {}) },
    stopBudgetMs: 1_000,
    onPass: (name, { steps }) =>
      reports.push(`${name}: ${steps.map((s) => `${s.name} ${s.kind}`).join(", ")}`),
    ...options,
  });
  return { clock, log, reports, daemon };
}

/** A source whose events a test gives by hand, session after session. */
function source() {
  let next = Promise.withResolvers<string | undefined>();
  const state = { connects: 0, refuse: undefined as Error | undefined };
  return {
    state,
    push: (event: string) => next.resolve(event),
    hangUp: () => next.resolve(undefined),
    connect: async (ctx: { token: { onCancel(listener: () => void): unknown } }) => {
      state.connects++;
      if (state.refuse) throw state.refuse;
      next = Promise.withResolvers();
      ctx.token.onCancel(() => next.resolve(undefined));
      return (async function* () {
        for (let event = await next.promise; event !== undefined; event = await next.promise) {
          next = Promise.withResolvers();
          yield event;
        }
      })();
    },
  };
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

test("B-06 each round event progresses pending rounds, and an attempt with sequence 0 triggers maintenance", async () => {
  const rounds = source();
  const { clock, log, reports, daemon } = setUp({
    passes: {
      maintenance: {
        steps: [{ name: "maintenance", run: () => Promise.reject(new Error("no inputs")) }],
      },
      "pending rounds": { steps: [{ name: "progress", run: () => log.push("progress") }] },
    },
    streams: {
      rounds: (token, part) =>
        stream(
          {
            ...part,
            connect: rounds.connect,
            onEvent: (event) => {
              if (event === "attempt 0") void daemon.trigger("maintenance");
              void daemon.trigger("pending rounds");
            },
          },
          token,
        ),
    },
  });
  await clock.advance(10);
  for (const event of ["attempt 0", "attempt 1", "finished"]) {
    rounds.push(event);
    await clock.advance(10);
  }
  expect(reports.filter((line) => line.startsWith("maintenance"))).toEqual([
    "maintenance: maintenance failed",
  ]);
  expect(log.filter((line) => line === "progress")).toHaveLength(3);
  await daemon.stopWait();
});

test("B-07 gated steps run only while connected, the others always, and each is fenced", async () => {
  let up = false;
  const { clock, reports, daemon } = setUp({
    connection: { everyMs: 1_000, check: async () => up },
    startUp: [],
    passes: {
      sync: {
        everyMs: 60_000,
        steps: [
          { name: "fees", when: "connected", run: () => {} },
          { name: "chain", run: () => Promise.reject(new Error("no chain source")) },
          { name: "rounds", run: () => new Promise(() => {}) },
          { name: "never", when: () => false, run: () => {} },
        ],
      },
    },
  });
  await clock.advance(60_000);
  up = true;
  await clock.advance(60_000);
  expect(reports.filter((line) => line.startsWith("sync"))).toEqual([
    "sync: fees skipped, chain failed, rounds timed-out, never skipped",
    "sync: fees completed, chain failed, rounds busy, never skipped",
  ]);
  const stopping = daemon.stopWait();
  await clock.advance(1_000);
  await stopping;
});

const exitsAndSync = (chain: SyncStep): Partial<SyncDaemonOptions> => ({
  startUp: [],
  lockTimeoutMs: 5_000,
  passes: {
    sync: { everyMs: 60_000, steps: [chain] },
    exits: { everyMs: 60_000, steps: [{ name: "exits", lock: "write", run: () => {} }] },
  },
});
const exitsOf = (reports: readonly string[]) => reports.filter((line) => line.startsWith("exits"));

test("B-08 exits and sync share one lock, and are never at the wallet at once", async () => {
  let inside = 0;
  let most = 0;
  const visit = async () => {
    most = Math.max(most, ++inside);
    await clock.sleep(50);
    inside--;
  };
  const { clock, reports, daemon } = setUp({
    passes: {
      sync: { everyMs: 100, steps: [{ name: "chain", lock: "write", run: visit }] },
      exits: { everyMs: 70, steps: [{ name: "exits", lock: "write", run: visit }] },
    },
  });
  await clock.advance(2_000);
  expect(most).toBe(1);
  expect(exitsOf(reports).length).toBeGreaterThan(10);
  // A request handler takes its turn like everyone else.
  const read = daemon.lock.read(() => most, { as: "balance" });
  await clock.advance(200);
  expect(await read).toBe(1);
  await daemon.stopWait();
});

test("B-08 a sync that fails cannot starve the exits", async () => {
  const { clock, reports, daemon } = setUp(
    exitsAndSync({ name: "chain", lock: "write", run: () => Promise.reject(new Error("no chain source")) }),
  );
  await clock.advance(180_000);
  expect(exitsOf(reports)).toEqual(new Array(4).fill("exits: exits completed"));
  await daemon.stopWait();
});

test("B-08 a sync that hangs without the wallet holds the exits up not at all", async () => {
  const { clock, reports, daemon } = setUp(exitsAndSync({ name: "chain", run: () => new Promise(() => {}) }));
  await clock.advance(180_000);
  expect(exitsOf(reports)).toEqual(new Array(4).fill("exits: exits completed"));
  const stopping = daemon.stopWait();
  await clock.advance(1_000);
  expect((await stopping).left).toEqual([]);
});

test("B-08 a sync that hangs with the wallet gives it back at its limit", async () => {
  const { clock, reports, daemon } = setUp(
    exitsAndSync({ name: "chain", lock: "write", timeoutMs: 3_000, run: (token) => token.cancelled }),
  );
  await clock.advance(2_999);
  expect(exitsOf(reports)).toEqual([]);
  await clock.advance(1);
  expect(exitsOf(reports)).toEqual(["exits: exits completed"]);
  await daemon.stopWait();
});

test("B-08 exits that do not get the wallet say who has it, and ask again at each interval", async () => {
  const errors: unknown[] = [];
  const { clock, daemon } = setUp({
    ...exitsAndSync({ name: "chain", lock: "write", run: () => new Promise(() => {}) }),
    onPass: (name, { steps: [end] }) => {
      if (name === "exits" && end?.kind === "failed") errors.push((end.error as Error).message);
    },
  });
  await clock.advance(70_000);
  expect(errors).toEqual([
    "no write lock of the daemon within 5000 ms: held by chain (write, for 5000 ms)",
    "no write lock of the daemon within 5000 ms: held by chain (write, for 70000 ms)",
  ]);
  const stopping = daemon.stopWait();
  await clock.advance(1_000);
  expect((await stopping).left).toEqual([]);
});

test("B-09 a mailbox of the daemon's is woken by its stream, told about, triggered by name, and judges again", async () => {
  const wakes = source();
  const mails = ["a", "b"];
  const applied: string[] = [];
  const kept = new Set<string>();
  let trusted = false;
  const { clock, reports, daemon } = setUp({
    mailboxes: {
      mail: (part) =>
        mailbox<string, number>({
          ...part,
          subscribe: { connect: wakes.connect },
          pull: async ({ cursor = 0 }) => mails.slice(cursor),
          cursorOf: (mail) => mails.indexOf(mail) + 1,
          compare: (a, b) => a - b,
          checkpoint: { load: () => undefined, save: () => {} },
          process: (mail) => {
            if (mail === "b" && !trusted) throw new Error("unpinned sender");
            applied.push(mail);
          },
          onPoison: () => "quarantine",
          quarantine: {
            keep: (mail) => kept.add(mail),
            all: () => [...kept],
            release: (mail) => kept.delete(mail),
          },
        }),
    },
  });
  await clock.advance(10);
  expect([applied, [...kept]]).toEqual([["a"], ["b"]]);
  mails.push("c");
  wakes.push("look");
  await clock.advance(10);
  expect(applied).toEqual(["a", "c"]);
  trusted = true;
  const again = daemon.judgeAgain("mail");
  await clock.advance(10);
  expect((await again)?.steps[0]).toMatchObject({ name: "judge again", value: { processed: 1 } });
  expect([applied, kept.size]).toEqual([["a", "c", "b"], 0]);
  const pulled = daemon.trigger("mail");
  await clock.advance(10);
  expect((await pulled)?.steps[1]).toMatchObject({ name: "pull", value: { processed: 0 } });
  expect(reports).toContain("mail: judge again completed, pull completed");
  expect(() => daemon.judgeAgain("sync")).toThrow(TypeError);
  await daemon.stopWait();
  expect(clock.pending).toBe(0);
});

test("B-10 in manual mode only the connection check runs, and concurrent triggers coalesce", async () => {
  const opened = vi.fn();
  const pull = vi.fn(async () => []);
  const subscribed = vi.fn();
  const { clock, log, daemon } = setUp({
    manual: true,
    passes: {
      sync: { everyMs: 60_000, steps: [{ name: "sync", run: () => log.push("sync") }] },
      exits: { immediate: true, steps: [{ name: "exits", run: () => log.push("exits") }] },
    },
    streams: { events: opened },
    mailboxes: {
      mail: (part) =>
        mailbox<string, number>({
          ...part,
          subscribe: { connect: subscribed },
          pull,
          cursorOf: () => 0,
          compare: () => 0,
          checkpoint: { load: () => undefined, save: () => {} },
          process: () => {},
          quarantine: { keep: () => {}, all: () => [], release: () => {} },
        }),
    },
  });
  await clock.advance(120_000);
  expect(log).toEqual(new Array(121).fill("connect"));
  for (const unused of [opened, pull, subscribed]) expect(unused).not.toHaveBeenCalled();
  const reports = [daemon.trigger("sync"), daemon.trigger("sync"), daemon.trigger("mail")];
  await clock.advance(0);
  expect(await reports[0]).toBe(await reports[1]);
  expect(log.filter((line) => line === "sync")).toHaveLength(1);
  expect([pull.mock.calls.length, await reports[2]]).toMatchObject([
    1,
    { steps: [{}, { kind: "completed" }] },
  ]);
  const started = daemon.trigger("start-up");
  await clock.advance(0);
  expect(await started).toMatchObject({ steps: [{ name: "full sync", kind: "completed" }] });
  expect(() => daemon.trigger("nonsense")).toThrow(
    "nothing to trigger is called nonsense: connection, start-up, sync, exits, mail",
  );
  await daemon.stopWait();
});

test("B-10 a trigger that the stop overtakes is answered, whether or not its loop ever ran", async () => {
  const listeners = countListeners();
  const { clock, daemon } = setUp({ startUp: [{ name: "full sync", run: () => new Promise(() => {}) }] });
  await clock.advance(10);
  const answers = [daemon.trigger("sync"), daemon.trigger("start-up"), daemon.trigger("connection")];
  const stopping = daemon.stopWait();
  await clock.advance(1_000);
  await stopping;
  expect(await Promise.all(answers)).toMatchObject([undefined, undefined, {}]);
  expect(await daemon.trigger("sync")).toBeUndefined();
  listeners.end();
  expect(clock.pending).toBe(0);
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

test("B-11 one unit that panics for ever never ends the daemon, and a stop ends its backoff at once", async () => {
  const everyMs = vi.fn(() => {
    throw new Error("panic");
  });
  const { clock, log, daemon } = setUp({
    passes: {
      bad: { everyMs, steps: [] },
      good: { everyMs: 60_000, steps: [{ name: "good", run: () => log.push("good") }] },
    },
  });
  await clock.advance(600_000);
  expect(log.filter((line) => line === "good")).toHaveLength(11);
  expect(everyMs.mock.calls.length).toBeGreaterThan(20);
  expect(everyMs.mock.calls.length).toBeLessThan(60);
  expect((await daemon.stopWait()).kind).toBe("stopped");
  expect(clock.pending).toBe(0);
});

test("B-11 more restarts than the intensity allows end the daemon as failed, and everything with it", async () => {
  const everyMs = () => {
    throw new Error("panic");
  };
  const { clock, daemon } = setUp({
    passes: { bad: { everyMs, steps: [] } },
    intensity: 2,
    periodMs: 60_000,
  });
  const done = daemon.supervisor.done;
  await clock.advance(60_000);
  expect(await done).toMatchObject({ kind: "failed", error: { code: "INTENSITY_EXCEEDED" } });
  expect([await daemon.trigger("bad"), clock.pending]).toEqual([undefined, 0]);
});

test("B-12 a stop at any moment of a busy life ends within the budget, with no timer or listener left", async () => {
  const listeners = countListeners();
  for (let stopAt = 0; stopAt <= 200; stopAt += 7) {
    const clock = new VirtualClock();
    const refused = async ({ token }: { token: Parameters<VirtualClock["sleep"]>[1] }) => {
      await clock.sleep(3, token);
      throw new Error("refused");
    };
    const { daemon } = setUp({
      clock,
      connection: { everyMs: 20, check: async (token) => (await clock.sleep(5, token)) === "elapsed" },
      startUp: [{ name: "full sync", lock: "write", run: (token) => clock.sleep(30, token) }],
      passes: {
        sync: {
          everyMs: 10,
          steps: [{ name: "sync", lock: "write", run: (token) => clock.sleep(15, token) }],
        },
        exits: {
          everyMs: 10,
          steps: [{ name: "exits", lock: "write", run: (token) => clock.sleep(9, token) }],
        },
      },
      streams: {
        events: (token, part) => stream({ ...part, connect: refused, onEvent: () => {} }, token),
      },
      mailboxes: {
        mail: (part) =>
          mailbox<string, number>({
            ...part,
            subscribe: { connect: refused },
            everyMs: 25,
            pull: async ({ token, cursor = 0 }) => {
              await clock.sleep(4, token);
              return [`mail ${cursor}`];
            },
            cursorOf: (mail) => Number(mail.slice(5)) + 1,
            compare: (a, b) => a - b,
            checkpoint: { load: () => undefined, save: () => {} },
            process: async (_mail, token) => {
              await clock.sleep(6, token);
              throw new Error("poison");
            },
            quarantine: { keep: () => {}, all: () => [], release: () => {} },
          }),
      },
    });
    await clock.advance(stopAt);
    const asked = clock.monotonic();
    const stopping = daemon.stopWait().then((exit) => [exit.left, clock.monotonic() - asked]);
    await clock.advance(1_000);
    expect(await stopping).toEqual([[], 0]);
    expect(clock.pending).toBe(0);
  }
  listeners.end();
  expect(listeners.current).toBe(0);
});

test("B-12 deaf units of any number hold the stop up no longer than its budget, and are named", async () => {
  const deaf = (name: string) => ({ everyMs: 10, steps: [{ name, run: () => new Promise(() => {}) }] });
  const { clock, daemon } = setUp({ passes: { a: deaf("a"), b: deaf("b"), c: deaf("c") } });
  await clock.advance(10);
  const stopping = daemon.stopWait().then(({ left }) => [left, clock.monotonic()]);
  await clock.advance(5_000);
  expect(await stopping).toEqual([["a", "b", "c"], 1_010]);
});

test("B-12 a step that waits for the lock stops waiting at the stop", async () => {
  const { clock, reports, daemon } = setUp({
    startUp: [],
    passes: { exits: { everyMs: 60_000, steps: [{ name: "exits", lock: "write", run: () => {} }] } },
  });
  void daemon.lock.write(() => new Promise(() => {}), { as: "request" });
  await clock.advance(10);
  expect((await daemon.stopWait()).left).toEqual([]);
  expect([reports.at(-1), clock.monotonic()]).toEqual(["exits: exits cancelled", 10]);
});

test("B-12 a unit may use the whole budget, by default ten seconds", async () => {
  const clock = new VirtualClock();
  const slow = {
    name: "slow",
    run: (token: ShutdownToken) => token.cancelled.then(() => clock.sleep(9_900)),
  };
  const daemon = syncDaemon({
    clock,
    connection: { everyMs: 1_000, check: async () => true },
    passes: { sync: { everyMs: 10, steps: [slow] } },
  });
  await clock.advance(10);
  const stopping = daemon.stopWait();
  await clock.advance(9_900);
  expect((await stopping).left).toEqual([]);
});

test("B-12 a delete drains, then wipes, once", async () => {
  const wiped: number[] = [];
  const { clock, daemon } = setUp({
    passes: {
      sync: {
        everyMs: 10,
        steps: [{ name: "sync", run: (token) => token.cancelled.then(() => clock.sleep(300)) }],
      },
    },
  });
  await clock.advance(10);
  // A request handler that is at it is drained, too.
  const request = daemon.lock.read(() => clock.sleep(500), { as: "balance" });
  const wipe = () => wiped.push(clock.monotonic());
  const deleting = [daemon.delete(wipe), daemon.delete(wipe)];
  await clock.advance(499);
  expect(wiped).toEqual([]);
  await clock.advance(1);
  await Promise.all([request, ...deleting]);
  expect([wiped, clock.pending]).toEqual([[510], 0]);
});

test("B-12 a delete wipes nothing while a unit is still at it", async () => {
  const wipe = vi.fn();
  const { clock, daemon } = setUp({
    passes: { sync: { everyMs: 10, steps: [{ name: "deaf", run: () => new Promise(() => {}) }] } },
  });
  await clock.advance(10);
  const refused = expect(daemon.delete(wipe)).rejects.toMatchObject({
    code: "NOT_DRAINED",
    message: "not wiped: sync did not stop",
    details: { left: ["sync"] },
  });
  await clock.advance(1_000);
  await refused;
  expect(wipe).not.toHaveBeenCalled();
});

test("B-12 a delete waits for who has the lock no longer than its limit, and can be asked for again", async () => {
  const wipe = vi.fn();
  const { clock, daemon } = setUp({ lockTimeoutMs: 200 });
  await clock.advance(10);
  const request = daemon.lock.read(() => clock.sleep(300), { as: "balance" });
  const refused = expect(daemon.delete(wipe)).rejects.toMatchObject({
    code: "LOCK_TIMEOUT",
    details: { holders: [{ as: "balance" }] },
  });
  await clock.advance(300);
  await Promise.all([refused, request]);
  expect(wipe).not.toHaveBeenCalled();
  await daemon.delete(wipe);
  expect(wipe).toHaveBeenCalledOnce();
});

test("B-13 a new chain tip wakes a pass, and the interval is the backstop", async () => {
  const tips = source();
  const { clock, log, daemon } = setUp({
    streams: {
      tips: (token, part) =>
        stream({ ...part, connect: tips.connect, onEvent: () => void daemon.trigger("sync") }, token),
    },
  });
  const syncs = () => log.filter((line) => line === "sync").length;
  await clock.advance(10_000);
  tips.push("block 100");
  await clock.advance(0);
  expect(syncs()).toBe(2);
  await clock.advance(59_999);
  expect(syncs()).toBe(2);
  await clock.advance(1);
  expect(syncs()).toBe(3);
  await daemon.stopWait();
});

test("two units of one name are refused", () => {
  expect(() => setUp({ passes: { connection: { steps: [] } } })).toThrow(
    "two children are called connection",
  );
});
