import { expect, test, vi } from "vitest";
import { TerminalError } from "../src/index.ts";
import { setUp, stop } from "./stream-rig.ts";

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
