import { expect, test, vi } from "vitest";
import { seededRandom, TerminalError } from "../src/index.ts";
import { countListeners } from "./listener-count.ts";
import { setUp, stop } from "./mailbox-rig.ts";

test("B-09 mail is pulled page by page, processed in order, and the cursor saved behind each", async () => {
  const { clock, relay, token, applied, saved, start } = setUp();
  relay.send(["a", "b", "c", "d", "e"]);
  const ran = start();
  await clock.advance(10);
  expect(applied).toEqual(["a", "b", "c", "d", "e"]);
  expect(saved).toEqual([1, 2, 3, 4, 5]);
  expect(relay.pulls.slice(0, 3).map(({ cursor }) => cursor)).toEqual([undefined, 3, 5]);
  token.cancel(stop);
  await ran;
  expect(clock.pending).toBe(0);
});

test("B-09 after a restart the mailbox goes on from where it was saved", async () => {
  const { clock, relay, token, applied, saved, start } = setUp();
  saved.push(2);
  relay.send(["a", "b", "c"]);
  const ran = start();
  await clock.advance(10);
  expect([applied, relay.pulls[0]?.cursor]).toEqual([["c"], 2]);
  token.cancel(stop);
  await ran;
});

test("W-02 the stream wakes a pull at once, wakes while one runs make one more, and none is lost", async () => {
  const { clock, relay, token, applied, start } = setUp();
  const ran = start();
  await clock.advance(100);
  relay.pullMs = 10;
  const before = relay.pulls.length;
  relay.send(["a"]);
  await clock.advance(5);
  for (const text of ["b", "c", "d"]) {
    relay.send([text]);
    await clock.advance(1);
  }
  await clock.advance(100);
  expect(applied).toEqual(["a", "b", "c", "d"]);
  // For "a"; for what came meanwhile; and one pass that finds nothing left.
  expect(relay.pulls.length - before).toBeLessThanOrEqual(5);
  const two = relay.pulls.slice(before).map(({ at }) => at);
  expect(two.every((at, index) => index === 0 || at - (two[index - 1] ?? 0) >= 10)).toBe(true);
  token.cancel(stop);
  await ran;
});

test("W-02 polling goes on while there is no stream", async () => {
  const { clock, relay, token, applied, start } = setUp({ everyMs: 20_000 });
  relay.refuse = new Error("refused");
  const ran = start();
  await clock.advance(1_000);
  relay.send(["a"]);
  await clock.advance(18_999);
  expect(applied).toEqual([]);
  await clock.advance(10);
  expect(applied).toEqual(["a"]);
  token.cancel(stop);
  await ran;
});

test("W-04 a stream that its server ended for good leaves a mailbox that polls", async () => {
  const states: string[] = [];
  const { clock, relay, token, applied, start } = setUp({
    subscribe: {
      connect: ({ token }) => relay.connect(token),
      onState: ({ kind }) => states.push(kind),
    },
    everyMs: 20_000,
  });
  relay.refuse = new TerminalError("410");
  const ran = start();
  await clock.advance(1_000);
  relay.send(["a"]);
  await clock.advance(60_000);
  expect([applied, states, relay.connects]).toEqual([["a"], ["connecting", "closed"], 1]);
  token.cancel(stop);
  await ran;
});

test("B-09 the mailbox subscribes again, and what came without a stream is found when it opens", async () => {
  const { clock, relay, token, applied, start } = setUp({ everyMs: 1_000_000 });
  const ran = start();
  await clock.advance(100);
  relay.hangUp();
  await clock.advance(10);
  relay.send(["a"], true);
  await clock.advance(500);
  expect(applied).toEqual([]);
  await clock.advance(1_000);
  expect([applied, relay.connects]).toEqual([["a"], 2]);
  token.cancel(stop);
  await ran;
});

test("B-09 the mailbox subscribes with the token there is then, and from the cursor it has reached", async () => {
  let auth = "old";
  const subscriptions: [string, unknown][] = [];
  const made = setUp({
    subscribe: {
      connect: ({ token, cursor }) => {
        subscriptions.push([auth, cursor]);
        return made.relay.connect(token);
      },
    },
  });
  const { clock, relay, token, start } = made;
  const ran = start();
  await clock.advance(10);
  relay.send(["a", "b"]);
  await clock.advance(10);
  auth = "rotated";
  relay.hangUp();
  await clock.advance(2_000);
  expect(subscriptions).toEqual([
    ["old", undefined],
    ["rotated", 2],
  ]);
  token.cancel(stop);
  await ran;
});

test("B-09 stream and manual sync together apply each mail once", async () => {
  const { clock, relay, token, mailbox, applied, saved, start } = setUp();
  const ran = start();
  relay.pullMs = 3;
  const random = seededRandom(7);
  for (let i = 0; i < 300; i++) {
    const chance = random.next();
    if (chance < 0.4) relay.send([`mail ${i}`], chance < 0.1);
    else if (chance < 0.8) void mailbox.trigger();
    else if (chance < 0.85) relay.hangUp();
    await clock.advance(Math.floor(random.next() * 5));
  }
  const report = mailbox.trigger();
  await clock.advance(100);
  expect(await report).toBeDefined();
  expect(applied).toEqual(relay.mails.map(({ text }) => text));
  expect(saved).toEqual(relay.mails.map(({ seq }) => seq));
  token.cancel(stop);
  await ran;
  expect(clock.pending).toBe(0);
});

test("B-09 a cursor that could not be saved is saved later, and what lies before it is not applied twice", async () => {
  let full = true;
  const saved: number[] = [];
  const { clock, relay, token, mailbox, applied, start } = setUp({
    checkpoint: {
      load: () => undefined,
      save: (cursor) => {
        if (full) throw new Error("disk full");
        saved.push(cursor);
      },
    },
  });
  relay.send(["a"]);
  const ran = start();
  await clock.advance(10);
  expect([applied, saved]).toEqual([["a"], []]);
  full = false;
  const asked = mailbox.trigger();
  await clock.advance(10);
  expect((await asked)?.steps[1]).toMatchObject({ kind: "completed", value: { processed: 0 } });
  expect([applied, saved]).toEqual([["a"], [1]]);
  token.cancel(stop);
  await ran;
});

test("B-09 the cursor never goes back, whatever the server sends again or in what order", async () => {
  const pages = [[2, 1, 2], [3, 1], [2], [5, 4], []];
  const { clock, token, applied, saved, start } = setUp({
    pull: async () => (pages.shift() ?? []).map((seq) => ({ seq, text: `${seq}` })),
    everyMs: 1_000,
  });
  const ran = start();
  await clock.advance(10_000);
  expect([applied, saved]).toEqual([
    ["1", "2", "3", "4", "5"],
    [1, 2, 3, 4, 5],
  ]);
  token.cancel(stop);
  await ran;
});

test("a server that ignores the cursor and always sends the same is not asked in a hot loop", async () => {
  const pull = vi.fn(async () => [{ seq: 1, text: "again" }]);
  const { clock, token, applied, start } = setUp({ pull, everyMs: 60_000 });
  const ran = start();
  await clock.advance(60_000);
  expect(applied).toEqual(["again"]);
  expect(pull.mock.calls.length).toBeLessThan(6);
  token.cancel(stop);
  await ran;
});

test("B-09 a pull that fails is tried again by the backoff, not later than the interval, and a success ends that", async () => {
  const { clock, relay, token, start } = setUp({ everyMs: 20_000 });
  relay.refuse = new Error("refused");
  relay.down = new Error("502");
  const ran = start();
  await clock.advance(50_000);
  relay.down = undefined;
  await clock.advance(50_000);
  relay.down = new Error("502");
  await clock.advance(13_000);
  expect(relay.pulls.map(({ at }) => at / 1_000)).toEqual([0, 1, 3, 7, 15, 31, 51, 71, 91, 111, 112]);
  token.cancel(stop);
  await ran;
});

test("B-09 a checkpoint that cannot be read is read again, and nothing is pulled before", async () => {
  let readable = false;
  const { clock, relay, token, applied, start } = setUp({
    checkpoint: {
      load: async () => {
        if (!readable) throw new Error("locked");
        return 1;
      },
      save: () => {},
    },
  });
  relay.refuse = new Error("refused");
  relay.send(["a", "b"]);
  const ran = start();
  await clock.advance(500);
  expect(relay.pulls).toEqual([]);
  readable = true;
  await clock.advance(1_000);
  expect(applied).toEqual(["b"]);
  token.cancel(stop);
  await ran;
});

test("a pull and a message that take too long are told so by their token", async () => {
  const told: string[] = [];
  let hangs = true;
  const { clock, relay, token, start } = setUp({
    timeoutMs: 100,
    everyMs: 1_000,
    pull: async ({ token, cursor }) => {
      if (hangs) {
        told.push(`pull ${(await token.cancelled).message}`);
        token.throwIfCancelled();
      }
      return relay.pull(cursor);
    },
    process: async (_mail, token) => {
      told.push(`process ${(await token.cancelled).message}`);
      token.throwIfCancelled();
    },
  });
  relay.refuse = new Error("refused");
  relay.send(["a"]);
  const ran = start();
  await clock.advance(100);
  expect(told).toEqual(["pull took longer than 100 ms"]);
  hangs = false;
  await clock.advance(2_000);
  expect(told[1]).toBe("process took longer than 100 ms");
  token.cancel(stop);
  await ran;
  expect(clock.pending).toBe(0);
});

test("B-10 by hand the mailbox neither subscribes nor polls, and each trigger brings its report", async () => {
  const { clock, relay, token, mailbox, applied, start } = setUp({ manual: true });
  relay.send(["a", "b", "c", "d"]);
  const ran = start();
  await clock.advance(1_000_000);
  expect([relay.connects, relay.pulls, applied]).toEqual([0, [], []]);
  const asked = [mailbox.trigger(), mailbox.trigger()];
  await clock.advance(10);
  expect(await asked[0]).toBe(await asked[1]);
  expect(await asked[0]).toMatchObject({
    steps: [{ kind: "skipped" }, { name: "pull", value: { processed: 4, quarantined: 0 } }],
  });
  expect(relay.pulls).toHaveLength(3);
  token.cancel(stop);
  await ran;
});

test("B-12 a stop at any moment ends the mailbox with no timer or listener left, and nothing is quarantined for it", async () => {
  for (let stopAt = 0; stopAt <= 4_000; stopAt += 97) {
    const listeners = countListeners();
    const onPoison = vi.fn(() => "retry" as const);
    const { clock, relay, token, quarantined, saved, applied, poison, start } = setUp({ onPoison });
    poison.add("b");
    relay.pullMs = 60;
    relay.send(["a", "b", "c"]);
    const ran = start();
    await clock.advance(stopAt);
    const asked = onPoison.mock.calls.length;
    token.cancel(stop);
    await clock.advance(100);
    await ran;
    listeners.end();
    expect([clock.pending, listeners.current, quarantined.size]).toEqual([0, 0, 0]);
    expect(onPoison).toHaveBeenCalledTimes(asked);
    expect(saved).toEqual(applied.map(() => 1));
  }
});
