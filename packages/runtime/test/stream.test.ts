import { expect, test, vi } from "vitest";
import {
  GateOwner,
  type SessionContext,
  ShutdownToken,
  type StreamOptions,
  type StreamState,
  seededRandom,
  stream,
  TaskRegistry,
  TerminalError,
} from "../src/index.ts";
import { VirtualClock } from "../src/testing/index.ts";
import { countListeners } from "./listener-count.ts";

const stop = { kind: "user-requested" } as const;

/** A server whose sessions a test feeds by hand. */
class Server {
  connects: { at: number; cursor: unknown }[] = [];
  refuse: Error | undefined;
  returned = 0;
  readonly #clock: VirtualClock;
  #session: { push(event: number): void; end(error?: Error): void } | undefined;

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  alive: () => void = () => {};

  async connect({ cursor, alive }: SessionContext<number>): Promise<AsyncIterable<number>> {
    this.alive = alive;
    this.connects.push({ at: this.#clock.monotonic(), cursor });
    if (this.refuse) throw this.refuse;
    const queue: (() => IteratorResult<number>)[] = [];
    let waiting: (() => void) | undefined;
    const put = (item: () => IteratorResult<number>) => {
      queue.push(item);
      waiting?.();
    };
    this.#session = {
      push: (value) => put(() => ({ done: false, value })),
      end: (error) =>
        put(() => {
          if (error) throw error;
          return { done: true, value: undefined };
        }),
    };
    const next = async (): Promise<IteratorResult<number>> => {
      while (queue.length === 0) await new Promise<void>((resolve) => (waiting = resolve));
      return (queue.shift() ?? expect.fail())();
    };
    const leave = async (): Promise<IteratorResult<number>> => {
      this.returned++;
      return { done: true, value: undefined };
    };
    return { [Symbol.asyncIterator]: () => ({ next, return: leave }) };
  }

  push(...events: number[]): void {
    for (const event of events) this.#session?.push(event);
  }

  end(error?: Error): void {
    this.#session?.end(error);
  }
}

function setUp(options: Partial<StreamOptions<number, number>> = {}, refuse?: Error) {
  const clock = new VirtualClock();
  const server = new Server(clock);
  server.refuse = refuse;
  const gate = new GateOwner();
  const token = new ShutdownToken();
  const states: StreamState["kind"][] = [];
  const seen: number[] = [];
  const ran = stream<number, number>(
    {
      connect: (ctx) => server.connect(ctx),
      onEvent: (event) => seen.push(event),
      cursorOf: (event) => event,
      onState: ({ kind }) => states.push(kind),
      backoff: { initialMs: 1_000, factor: 2, maxMs: 30_000 },
      healthyAfterMs: 10_000,
      gate,
      clock,
      ...options,
    },
    token,
  );
  return { clock, server, gate: gate.gate, token, states, seen, ran };
}

test("B-05 on open the gate rises, events are handled in order, and a stop ends it with nothing left", async () => {
  const { clock, server, gate, token, states, seen, ran } = setUp({ idleTimeoutMs: 60_000 });
  await clock.advance(0);
  expect([gate.isOpen, states]).toEqual([true, ["connecting", "open"]]);
  server.push(1, 2);
  await clock.advance(0);
  token.cancel(stop);
  await ran;
  expect([seen, gate.isOpen, states.at(-1), server.returned, clock.pending]).toEqual([
    [1, 2],
    false,
    "closed",
    1,
    0,
  ]);
});

test("B-05 an event handler's error is told and never ends the stream", async () => {
  const told: unknown[] = [];
  const { clock, server, token, ran } = setUp({
    onEvent: async (event) => {
      if (event === 1) throw new Error("cannot judge");
    },
    onError: (error, event) => told.push([(error as Error).message, event]),
  });
  await clock.advance(0);
  server.push(1, 2);
  await clock.advance(100_000);
  expect([told, server.connects.length]).toEqual([[["cannot judge", 1]], 1]);
  token.cancel(stop);
  await ran;
});

test("B-05 a healthy session that ends is followed by the next at once, with the gate up all along", async () => {
  const { clock, server, gate, token, ran } = setUp();
  const edges: boolean[] = [];
  gate.onChange((isOpen) => edges.push(isOpen));
  await clock.advance(10_000);
  server.end();
  await clock.advance(0);
  expect([server.connects.map(({ at }) => at), edges]).toEqual([[0, 10_000], [true]]);
  token.cancel(stop);
  await ran;
});

test("B-05 a server that opens and closes at once is no hot loop: 1 s doubling to 30 s", async () => {
  const { clock, server, gate, token, ran } = setUp();
  const at: number[] = [];
  for (let i = 0; i < 8; i++) {
    await clock.advance(0);
    at.push(clock.monotonic());
    server.end();
    await clock.advance(0);
    expect(gate.isOpen).toBe(false);
    await clock.advance(Math.min(30_000, 1_000 * 2 ** i));
  }
  expect(server.connects.map(({ at }) => at).slice(0, 8)).toEqual(at);
  expect(server.connects).toHaveLength(9);
  token.cancel(stop);
  await ran;
});

test("B-05 an event resets the backoff, but a server that sends one and closes still waits", async () => {
  const { clock, server, token, ran } = setUp({}, new Error("refused"));
  await clock.advance(3_000);
  server.refuse = undefined;
  await clock.advance(4_000);
  expect(server.connects.map(({ at }) => at)).toEqual([0, 1_000, 3_000, 7_000]);
  for (let i = 0; i < 3; i++) {
    server.push(i);
    server.end();
    await clock.advance(999);
    expect(server.connects).toHaveLength(4 + i);
    await clock.advance(1);
  }
  expect(server.connects).toHaveLength(7);
  token.cancel(stop);
  await ran;
});

test("W-04 by default the delays carry equal jitter", async () => {
  const waits: number[] = [];
  const clock = new VirtualClock();
  const token = new ShutdownToken();
  const ran = stream<number>(
    {
      connect: async () => Promise.reject(new Error("refused")),
      onEvent: () => {},
      onState: (state) => state.kind === "waiting" && waits.push(state.until - clock.now()),
      random: seededRandom(5),
      clock,
    },
    token,
  );
  await clock.advance(200_000);
  token.cancel(stop);
  await ran;
  const random = seededRandom(5);
  const expected = [1, 2, 4, 8, 16, 30, 30].map((s) => s * 500 + s * 500 * random.next());
  expect(waits.slice(0, 7).map(Math.round)).toEqual(expected.map(Math.round));
});

test("a session goes on from the cursor of the last event handled", async () => {
  const { clock, server, token, ran } = setUp({ cursor: 7 });
  await clock.advance(0);
  server.push(8, 9);
  server.end(new Error("reset"));
  await clock.advance(1_000);
  expect(server.connects.map(({ cursor }) => cursor)).toEqual([7, 9]);
  token.cancel(stop);
  await ran;
});

test("W-07 a session that has gone silent is given up and tried again", async () => {
  const errors: unknown[] = [];
  const { clock, server, token, ran } = setUp({
    idleTimeoutMs: 5_000,
    onState: (state) => state.kind === "waiting" && errors.push(state.error),
  });
  await clock.advance(4_000);
  server.push(1);
  await clock.advance(4_999);
  expect(errors).toEqual([]);
  await clock.advance(1);
  expect(errors).toMatchObject([{ code: "STREAM_IDLE" }]);
  await clock.advance(1_000);
  expect(server.connects).toHaveLength(2);
  token.cancel(stop);
  await ran;
  expect(clock.pending).toBe(0);
});

test("W-04 onFailure may set the delay, or end the stream for good", async () => {
  const onFailure = vi.fn((error: unknown) =>
    (error as Error).message === "gone" ? ("end" as const) : { retryAfterMs: 7_000 },
  );
  const { clock, server, gate, states, ran } = setUp({ onFailure }, new Error("busy"));
  const failed = ran.catch((error: unknown) => error);
  await clock.advance(6_999);
  expect(server.connects).toHaveLength(1);
  server.refuse = new Error("gone");
  await clock.advance(1);
  expect(await failed).toMatchObject({ code: "STREAM_ENDED", cause: { message: "gone" } });
  expect([states.at(-1), gate.isOpen, clock.pending]).toEqual(["closed", false, 0]);
});

test("a stop during the backoff, the connect or a hanging session ends the stream at once", async () => {
  const waiting = setUp({}, new Error("refused"));
  await waiting.clock.advance(10);
  waiting.token.cancel(stop);
  await waiting.ran;
  const connecting = setUp({ connect: () => new Promise(() => {}) });
  await connecting.clock.advance(10);
  connecting.token.cancel(stop);
  await connecting.ran;
  expect([waiting.clock.pending, connecting.clock.pending]).toEqual([0, 0]);
});

test("B-06 an attempt with sequence 0 schedules maintenance, whose failure is told, and pending rounds progress on every event", async () => {
  const token = new ShutdownToken();
  const tasks = new TaskRegistry(token, { clock: new VirtualClock() });
  const failures: string[] = [];
  tasks.onFailure((task, error) => failures.push(`${task.name}: ${(error as Error).message}`));
  const progress = vi.fn(async () => {});
  const {
    clock,
    server,
    token: streamToken,
    ran,
  } = setUp({
    onEvent: async (sequence) => {
      if (sequence === 0) {
        tasks.spawn("maintenance", { kind: "maintenance" }, async () =>
          Promise.reject(new Error("no inputs")),
        );
      }
      await progress();
    },
  });
  await clock.advance(0);
  server.push(0, 1, 2);
  await clock.advance(0);
  expect([failures, progress.mock.calls.length, server.connects.length]).toEqual([
    ["maintenance: no inputs"],
    3,
    1,
  ]);
  streamToken.cancel(stop);
  await ran;
});

test("a hundred events and ten sessions leave no listener behind, and a missing cursor keeps the last one", async () => {
  const listeners = countListeners();
  const { clock, server, token, ran } = setUp({
    cursorOf: (event) => (event % 10 === 5 ? event : undefined),
  });
  for (let i = 0; i < 100; i++) {
    await clock.advance(0);
    server.push(i);
    if (i % 10 === 9) server.end();
    await clock.advance(1_000);
  }
  expect(server.connects.at(-1)?.cursor).toBe(95);
  server.push(...Array.from({ length: 50 }, (_, i) => i));
  await clock.advance(0);
  expect(listeners.current).toBeLessThan(3);
  token.cancel(stop);
  await ran;
  listeners.end();
  expect(listeners.current).toBe(0);
});

test("W-04 an error of connect that is terminal ends the stream, and is what it ends with", async () => {
  const gone = new TerminalError("404: no such slot", { details: { status: 404 } });
  const { clock, server, gate, states, ran } = setUp({}, gone);
  const failed = ran.catch((error: unknown) => error);
  await clock.advance(100_000);
  expect(await failed).toBe(gone);
  expect([server.connects.length, states, gate.isOpen, clock.pending]).toEqual([
    1,
    ["connecting", "closed"],
    false,
    0,
  ]);
});

test("W-04 a terminal error of an open session ends the stream, however long it lived", async () => {
  const { clock, server, states, ran } = setUp();
  const failed = ran.catch((error: unknown) => error);
  await clock.advance(50_000);
  server.end(new TerminalError("revoked"));
  await clock.advance(100_000);
  expect(await failed).toMatchObject({ code: "STREAM_ENDED", message: "revoked" });
  expect(states).toEqual(["connecting", "open", "closed"]);
});

test("W-04 an error that carries retryAfterMs is waited for, and asking for nothing is no hot loop", async () => {
  const busy = (retryAfterMs: number) => Object.assign(new Error("busy"), { retryAfterMs });
  const { clock, server, token, ran } = setUp({}, busy(7_000));
  await clock.advance(6_999);
  expect(server.connects).toHaveLength(1);
  server.refuse = busy(0);
  await clock.advance(1);
  expect(server.connects).toHaveLength(2);
  // The second failure in a row: 2 s, and then 4 s, by the backoff.
  await clock.advance(1_999);
  expect(server.connects).toHaveLength(2);
  await clock.advance(1);
  server.refuse = busy(Number.NaN);
  await clock.advance(4_000);
  expect(server.connects).toHaveLength(4);
  token.cancel(stop);
  await ran;
});

test("W-04 a healthy session that ends asking for time is given it", async () => {
  const { clock, server, token, ran } = setUp();
  await clock.advance(20_000);
  server.end(Object.assign(new Error("draining"), { retryAfterMs: 5_000 }));
  await clock.advance(4_999);
  expect(server.connects).toHaveLength(1);
  await clock.advance(1);
  expect(server.connects).toHaveLength(2);
  token.cancel(stop);
  await ran;
});

test("W-04 an onFailure that throws surfaces, and the stream goes on", async () => {
  const uncaught = vi.spyOn(globalThis, "queueMicrotask").mockImplementation(() => {});
  const { clock, server, token, ran } = setUp(
    {
      onFailure: () => {
        throw new Error("bug");
      },
    },
    new Error("refused"),
  );
  await clock.advance(1_000);
  expect(uncaught.mock.calls[0]?.[0]).toThrow("bug");
  uncaught.mockRestore();
  expect(server.connects).toHaveLength(2);
  token.cancel(stop);
  await ran;
});

test("B-12 a stop is no failure: nobody is asked what to do about it, and nothing waits", async () => {
  const onFailure = vi.fn(() => "retry" as const);
  const { clock, token, states, ran } = setUp({ onFailure });
  await clock.advance(10);
  token.cancel(stop);
  await ran;
  expect(states).toEqual(["connecting", "open", "closed"]);
  expect(onFailure).not.toHaveBeenCalled();
});

test("W-05 settings are read anew at each connect, and missing ones are an error that is retried", async () => {
  let settings: { token: string } | undefined;
  const used: string[] = [];
  const { clock, server, token, states, ran } = setUp({
    connect: (ctx) => {
      if (!settings) throw new Error("no token yet");
      used.push(settings.token);
      return server.connect(ctx);
    },
  });
  await clock.advance(500);
  expect(states).toEqual(["connecting", "waiting"]);
  settings = { token: "old" };
  await clock.advance(500);
  settings = { token: "rotated" };
  server.end();
  await clock.advance(2_000);
  expect(used).toEqual(["old", "rotated"]);
  token.cancel(stop);
  await ran;
});

test("W-07 heartbeats that are no events keep a silent session alive, and their end is noticed", async () => {
  const { clock, server, token, states, seen, ran } = setUp({ idleTimeoutMs: 40_000 });
  for (let i = 0; i < 10; i++) {
    await clock.advance(30_000);
    server.alive();
  }
  expect([server.connects.length, seen]).toEqual([1, []]);
  await clock.advance(39_999);
  expect(states).toEqual(["connecting", "open"]);
  await clock.advance(1);
  // It lived long enough: the next one is tried at once.
  expect([server.connects.length, server.returned]).toEqual([2, 1]);
  token.cancel(stop);
  await ran;
  expect(clock.pending).toBe(0);
});

test("W-07 a connect that hangs is given up, and what it opens too late is closed", async () => {
  let returned = 0;
  const late = Promise.withResolvers<AsyncIterable<number>>();
  const connect = vi.fn(() => late.promise);
  const { clock, token, ran } = setUp({ connect, idleTimeoutMs: 5_000 });
  await clock.advance(6_000);
  expect(connect).toHaveBeenCalledTimes(2);
  token.cancel(stop);
  await ran;
  late.resolve({
    [Symbol.asyncIterator]: () => ({
      next: () => new Promise(() => {}),
      return: async () => {
        returned++;
        return { done: true, value: undefined };
      },
    }),
  });
  await clock.advance(0);
  expect([returned, clock.pending]).toEqual([2, 0]);
});

test("W-07 the time our own handler takes is not the server's silence", async () => {
  const { clock, server, token, states, ran } = setUp({
    idleTimeoutMs: 5_000,
    onEvent: () => clock.sleep(60_000),
  });
  await clock.advance(0);
  server.push(1);
  await clock.advance(60_000);
  server.push(2);
  await clock.advance(60_000);
  expect(states).toEqual(["connecting", "open"]);
  token.cancel(stop);
  await ran;
  expect(clock.pending).toBe(0);
});

test("B-09 an event that fails is retried after the backoff, in order, then kept, and only then the cursor moves", async () => {
  const attempts: [number, number][] = [];
  const kept: number[] = [];
  const { clock, server, token, ran } = setUp({
    onEvent: (event) => {
      attempts.push([clock.monotonic(), event]);
      if (event === 1) throw new Error("cannot judge");
    },
    onPoison: (_error, _event, attempt) =>
      attempt === 1 ? "retry" : attempt === 2 ? { retryAfterMs: 9_000 } : "quarantine",
    onError: async (_error, event) => {
      await clock.sleep(5);
      kept.push(event);
    },
  });
  await clock.advance(0);
  server.push(1, 2);
  server.end();
  await clock.advance(10_004);
  expect([attempts, kept]).toEqual([
    [
      [0, 1],
      [1_000, 1],
      [10_000, 1],
    ],
    [],
  ]);
  await clock.advance(1);
  expect([attempts.at(-1), kept]).toEqual([[10_005, 2], [1]]);
  await clock.advance(1_000);
  expect(server.connects.map(({ cursor }) => cursor)).toEqual([undefined, 2]);
  token.cancel(stop);
  await ran;
});

test("B-09 while an event cannot be kept the cursor stays, and the session starts over from it after the backoff", async () => {
  let full = true;
  const kept: number[] = [];
  const { clock, server, token, ran } = setUp({
    cursor: 4,
    onEvent: () => Promise.reject(new Error("cannot judge")),
    onError: (_error, event) => {
      if (full) throw new Error("disk full");
      kept.push(event);
    },
  });
  await clock.advance(0);
  server.push(5);
  await clock.advance(999);
  expect(server.connects.map(({ cursor }) => cursor)).toEqual([4]);
  await clock.advance(1);
  full = false;
  server.push(5);
  server.end();
  await clock.advance(1_000);
  expect([kept, server.connects.map(({ cursor }) => cursor)]).toEqual([[5], [4, 4, 5]]);
  token.cancel(stop);
  await ran;
});

test("B-12 an event that fails because of the stop is no poison: it is neither kept nor passed over", async () => {
  const onPoison = vi.fn(() => "quarantine" as const);
  const onError = vi.fn();
  const cursorOf = vi.fn();
  const { clock, server, token, ran } = setUp({
    onEvent: async () => {
      await clock.sleep(1_000, token);
      token.throwIfCancelled();
    },
    ...{ onPoison, onError, cursorOf },
  });
  await clock.advance(0);
  server.push(1);
  await clock.advance(10);
  token.cancel(stop);
  await ran;
  for (const asked of [onPoison, onError, cursorOf]) expect(asked).not.toHaveBeenCalled();
  expect(clock.pending).toBe(0);
});
