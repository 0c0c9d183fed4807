import { expect, test, vi } from "vitest";
import { stream } from "../src/index.ts";
import { mailbox, type SyncDaemonOptions, type SyncStep } from "../src/sync.ts";
import { countListeners } from "./listener-count.ts";
import { setUp, source } from "./sync-daemon-rig.ts";

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
