import { expect, test } from "vitest";
import { ShutdownToken, Wake } from "../src/index.ts";
import { VirtualClock } from "../src/testing/index.ts";
import { countListeners } from "./listener-count.ts";

test("a wait is woken, elapses or is cancelled, and leaves no timer", async () => {
  const clock = new VirtualClock();
  const wake = new Wake(clock);
  const token = new ShutdownToken();
  const woken = wake.wait(1_000, token);
  wake.notify();
  expect(await woken).toBe("woken");
  const elapsed = wake.wait(1_000, token);
  await clock.advance(1_000);
  expect(await elapsed).toBe("elapsed");
  const cancelled = wake.wait(Number.POSITIVE_INFINITY, token);
  token.cancel({ kind: "user-requested" });
  expect([await cancelled, await wake.wait(5, token), clock.pending]).toEqual(["cancelled", "cancelled", 0]);
});

test("W-02 any number of notifications while nobody waits make one, and none is lost", async () => {
  const clock = new VirtualClock();
  const wake = new Wake(clock);
  for (let i = 0; i < 5; i++) wake.notify();
  expect(await wake.wait(1_000)).toBe("woken");
  const next = wake.wait(1_000);
  await clock.advance(1_000);
  expect(await next).toBe("elapsed");
});

test("a second waiter is refused", () => {
  const wake = new Wake(new VirtualClock());
  void wake.wait(1_000);
  expect(() => wake.wait(1_000)).toThrow(TypeError);
});

test("a wait that is over has taken its listener off the token", async () => {
  const listeners = countListeners();
  const wake = new Wake(new VirtualClock());
  const token = new ShutdownToken();
  for (let i = 0; i < 3; i++) {
    const woken = wake.wait(1_000, token);
    wake.notify();
    await woken;
  }
  listeners.end();
  expect(listeners.current).toBe(0);
});

test("W-02 two notifications in one turn wake a waiter once, one more after it went on wakes it again", async () => {
  const clock = new VirtualClock();
  const wake = new Wake(clock);
  const waiting = wake.wait(1_000);
  wake.notify();
  wake.notify();
  expect(await waiting).toBe("woken");
  wake.notify();
  expect(await wake.wait(1_000)).toBe("woken");
  const next = wake.wait(1_000);
  await clock.advance(1_000);
  expect(await next).toBe("elapsed");
});

test("W-02 what was notified can be forgotten, what comes after that cannot be lost", async () => {
  const clock = new VirtualClock();
  const wake = new Wake(clock);
  wake.notify();
  wake.forget();
  const waiting = wake.wait(1_000);
  await clock.advance(999);
  wake.notify();
  expect(await waiting).toBe("woken");
});
