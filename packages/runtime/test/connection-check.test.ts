import { expect, test, vi } from "vitest";
import { GateOwner, ShutdownToken } from "../src/index.ts";
import { connectionCheck } from "../src/sync.ts";
import { VirtualClock } from "../src/testing/index.ts";

const stop = { kind: "user-requested" } as const;

test("B-04 the connection check waits first, acts only while disconnected, and its result decides", async () => {
  const clock = new VirtualClock();
  const gate = new GateOwner();
  const token = new ShutdownToken();
  const results: [number, boolean, unknown][] = [];
  const answers: (() => Promise<boolean>)[] = [
    async () => false,
    async () => Promise.reject(new Error("refused")),
    () => new Promise(() => {}),
    async () => true,
  ];
  const check = vi.fn(() => (answers.shift() ?? expect.fail("one check too many"))());
  const ran = connectionCheck({
    gate,
    everyMs: 1_000,
    timeoutMs: 100,
    check,
    clock,
    onResult: (connected, error) => results.push([clock.monotonic(), connected, (error as Error)?.message]),
  }).run(token);
  await clock.advance(999);
  expect(check).not.toHaveBeenCalled();
  await clock.advance(9_001);
  token.cancel(stop);
  await ran;
  // The hung one ignored its token, and is not started a second time beside itself.
  expect(results).toEqual([
    [1_000, false, undefined],
    [2_000, false, "refused"],
    [3_100, false, undefined],
    ...[4, 5, 6, 7, 8, 9].map((s) => [s * 1_000 + 100, false, undefined]),
  ]);
});

test("B-04 once connected the check rests, and in manual mode it goes on and notices a drop", async () => {
  for (const [when, calls, open] of [
    ["while-closed", 1, true],
    ["always", 5, false],
  ] as const) {
    const clock = new VirtualClock();
    const gate = new GateOwner();
    const token = new ShutdownToken();
    const check = vi.fn(async () => check.mock.calls.length < 3);
    const ran = connectionCheck({ gate, everyMs: 1_000, check, when, clock }).run(token);
    await clock.advance(1_000);
    expect(gate.gate.isOpen).toBe(true);
    await clock.advance(4_000);
    expect([check.mock.calls.length, gate.gate.isOpen]).toEqual([calls, open]);
    token.cancel(stop);
    await ran;
  }
});

test("B-04 a check that was asked for looks although there is a connection, and its answer is believed", async () => {
  const clock = new VirtualClock();
  const gate = new GateOwner(true);
  const token = new ShutdownToken();
  const check = vi.fn(async () => false);
  const made = connectionCheck({ gate, everyMs: 1_000, check, clock });
  const ran = made.run(token);
  await clock.advance(500);
  const asked = made.trigger();
  await clock.advance(0);
  expect(await asked).toMatchObject({ steps: [{ kind: "completed", value: false }] });
  expect([check.mock.calls.length, gate.gate.isOpen]).toEqual([1, false]);
  gate.set(true);
  await clock.advance(5_000);
  expect(check).toHaveBeenCalledTimes(1);
  token.cancel(stop);
  await ran;
});

test("B-04 a check that hangs is a no after ten seconds, if nothing else is said", async () => {
  const clock = new VirtualClock();
  const gate = new GateOwner(true);
  const token = new ShutdownToken();
  const check = (own: ShutdownToken) => own.cancelled.then(() => true);
  const made = connectionCheck({ gate, everyMs: 1_000, when: "always", immediate: true, check, clock });
  const ran = made.run(token);
  await clock.advance(9_999);
  expect(gate.gate.isOpen).toBe(true);
  await clock.advance(1);
  expect(gate.gate.isOpen).toBe(false);
  token.cancel(stop);
  await ran;
  expect(clock.pending).toBe(0);
});
