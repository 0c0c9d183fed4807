import { expect, test, vi } from "vitest";
import { type ShutdownToken, stream } from "../src/index.ts";
import { mailbox, syncDaemon } from "../src/sync.ts";
import { VirtualClock } from "../src/testing/index.ts";
import { countListeners } from "./listener-count.ts";
import { setUp } from "./sync-daemon-rig.ts";

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
