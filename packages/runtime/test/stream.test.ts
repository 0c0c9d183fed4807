import { expect, test, vi } from "vitest";
import { ShutdownToken, seededRandom, stream, TaskRegistry } from "../src/index.ts";
import { VirtualClock } from "../src/testing/index.ts";
import { countListeners } from "./listener-count.ts";
import { setUp, stop } from "./stream-rig.ts";

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
