import { expect, test, vi } from "vitest";
import { ShutdownToken, seededRandom, TerminalError } from "../src/index.ts";
import { type MailboxOptions, mailbox } from "../src/sync.ts";
import { VirtualClock } from "../src/testing/index.ts";
import { countListeners } from "./listener-count.ts";

const stop = { kind: "user-requested" } as const;

interface Mail {
  readonly seq: number;
  readonly text: string;
}

/** A relay with one mailbox: pages of three, and a stream that says nothing but "look". */
class Relay {
  readonly mails: Mail[] = [];
  readonly pulls: { at: number; cursor: number | undefined }[] = [];
  connects = 0;
  /** How long a pull takes, and whether it fails. */
  pullMs = 0;
  down: Error | undefined;
  refuse: Error | undefined;
  #wake: ((event: string | undefined) => void) | undefined;
  readonly #clock: VirtualClock;

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  /** Mail arrives; who is subscribed is told unless `silently`. */
  send(texts: readonly string[], silently = false): void {
    for (const text of texts) this.mails.push({ seq: this.mails.length + 1, text });
    if (!silently) this.#wake?.("look");
  }

  hangUp(): void {
    this.#wake?.(undefined);
  }

  async pull(cursor: number | undefined): Promise<Mail[]> {
    this.pulls.push({ at: this.#clock.monotonic(), cursor });
    await this.#clock.sleep(this.pullMs);
    if (this.down) throw this.down;
    return this.mails.filter(({ seq }) => seq > (cursor ?? 0)).slice(0, 3);
  }

  async connect(token: ShutdownToken): Promise<AsyncIterable<unknown>> {
    this.connects++;
    if (this.refuse) throw this.refuse;
    let next = Promise.withResolvers<string | undefined>();
    this.#wake = (event) => next.resolve(event);
    token.onCancel(() => next.resolve(undefined));
    return (async function* () {
      for (let event = await next.promise; event !== undefined; event = await next.promise) {
        next = Promise.withResolvers();
        yield event;
      }
    })();
  }
}

function setUp(options: Partial<MailboxOptions<Mail, number>> = {}) {
  const clock = new VirtualClock();
  const relay = new Relay(clock);
  const token = new ShutdownToken();
  const attempts: [number, string][] = [];
  const applied: string[] = [];
  const saved: number[] = [];
  const quarantined = new Map<number, Mail>();
  const errors: string[] = [];
  /** Texts that cannot be processed. */
  const poison = new Set<string>();
  const made = mailbox<Mail, number>({
    pull: ({ cursor }) => relay.pull(cursor),
    cursorOf: ({ seq }) => seq,
    compare: (a, b) => a - b,
    checkpoint: { load: () => saved.at(-1), save: (cursor) => saved.push(cursor) },
    process: async ({ text }) => {
      attempts.push([clock.monotonic(), text]);
      await clock.sleep(1);
      if (poison.has(text)) throw new Error(`cannot judge ${text}`);
      applied.push(text);
    },
    quarantine: {
      keep: (mail, error) => {
        errors.push((error as Error).message);
        quarantined.set(mail.seq, mail);
      },
      all: () => [...quarantined.values()],
      release: ({ seq }) => quarantined.delete(seq),
    },
    subscribe: { connect: ({ token }) => relay.connect(token) },
    backoff: { initialMs: 1_000, factor: 2, maxMs: 30_000 },
    clock,
    ...options,
  });
  const start = () => made.run(token);
  return { clock, relay, token, mailbox: made, attempts, applied, saved, quarantined, errors, poison, start };
}

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

test("B-09 a poison message is neither skipped nor hot-looped: it waits its turns, then it is kept and the cursor moves on", async () => {
  const { clock, relay, token, attempts, applied, saved, quarantined, errors, poison, start } = setUp();
  poison.add("b");
  relay.send(["a", "b", "c"]);
  const ran = start();
  await clock.advance(10_000);
  expect([applied, saved, quarantined.size]).toEqual([["a"], [1], 0]);
  await clock.advance(10_000);
  expect(attempts).toEqual([
    [0, "a"],
    [1, "b"],
    [1_002, "b"],
    [3_003, "b"],
    [7_004, "b"],
    [15_005, "b"],
    [15_006, "c"],
  ]);
  expect([applied, saved, [...quarantined.keys()]]).toEqual([["a", "c"], [1, 2, 3], [2]]);
  expect(errors).toEqual(["cannot judge b"]);
  token.cancel(stop);
  await ran;
});

test("B-09 wakes and triggers do not hurry the attempts at a poison message", async () => {
  const { clock, relay, token, mailbox, attempts, poison, start } = setUp();
  poison.add("b");
  relay.send(["b"]);
  const ran = start();
  for (let i = 0; i < 100; i++) {
    relay.send([`later ${i}`]);
    void mailbox.trigger();
    await clock.advance(10);
  }
  expect(attempts).toEqual([[0, "b"]]);
  token.cancel(stop);
  await ran;
});

test("B-09 a message that succeeds at a later attempt is applied once, and nothing is kept", async () => {
  const { clock, relay, token, applied, quarantined, poison, start } = setUp();
  poison.add("b");
  relay.send(["b", "c"]);
  const ran = start();
  await clock.advance(2_000);
  poison.clear();
  await clock.advance(2_000);
  expect([applied, quarantined.size]).toEqual([["b", "c"], 0]);
  token.cancel(stop);
  await ran;
});

test("W-12 what cannot be judged yet is put aside at once if the policy says so, and never blocks later mail", async () => {
  const { clock, relay, token, applied, saved, quarantined, poison, start } = setUp({
    onPoison: (error) => ((error as Error).message.includes("unknown") ? "quarantine" : "retry"),
  });
  poison.add("unknown kind");
  relay.send(["a", "unknown kind", "b"]);
  const ran = start();
  await clock.advance(10);
  expect([applied, saved, [...quarantined.keys()]]).toEqual([["a", "b"], [1, 2, 3], [2]]);
  token.cancel(stop);
  await ran;
});

test("W-12 what is in quarantine is judged again when asked: released once it is processed, else kept", async () => {
  const { clock, relay, token, mailbox, applied, quarantined, poison, start } = setUp({
    onPoison: () => "quarantine",
  });
  poison.add("b").add("c");
  relay.send(["a", "b", "c"]);
  const ran = start();
  await clock.advance(10);
  poison.delete("b");
  await clock.advance(1_000);
  expect(applied).toEqual(["a"]);
  relay.send(["d"], true);
  const asked = mailbox.judgeAgain();
  await clock.advance(10);
  expect(await asked).toMatchObject({
    steps: [
      { name: "judge again", kind: "completed", value: { processed: 1, quarantined: 1 } },
      { name: "pull", kind: "completed", value: { processed: 1, quarantined: 0 } },
    ],
  });
  expect([applied, [...quarantined.keys()]]).toEqual([["a", "b", "d"], [3]]);
  const plain = mailbox.trigger();
  await clock.advance(10);
  expect((await plain)?.steps[0]).toEqual({ name: "judge again", kind: "skipped" });
  token.cancel(stop);
  await ran;
});

test("B-09 while a message can be neither processed nor kept the cursor stays, and the pull is tried again after the backoff", async () => {
  let full = true;
  const kept: number[] = [];
  const { clock, relay, token, attempts, saved, poison, start } = setUp({
    onPoison: () => "quarantine",
    quarantine: {
      keep: ({ seq }) => {
        if (full) throw new Error("disk full");
        kept.push(seq);
      },
      all: () => [],
      release: () => {},
    },
  });
  poison.add("a");
  relay.send(["a", "b"]);
  const ran = start();
  await clock.advance(2_500);
  expect([saved, kept, attempts.map(([, text]) => text).join("")]).toEqual([[], [], "aaa"]);
  full = false;
  await clock.advance(4_000);
  expect([saved, kept]).toEqual([[1, 2], [1]]);
  token.cancel(stop);
  await ran;
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
