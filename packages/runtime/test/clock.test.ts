import { expect, test, vi } from "vitest";
import { ShutdownToken, systemClock } from "../src/index.ts";
import { VirtualClock } from "../src/testing/index.ts";

test("virtual timers run in order of their due time, ties in the order they were set", async () => {
  const clock = new VirtualClock();
  const ran: string[] = [];
  clock.setTimeout(() => ran.push("b"), 20);
  clock.setTimeout(() => ran.push("a"), 10);
  clock.setTimeout(() => ran.push("c"), 20);
  await clock.advance(19);
  expect(ran).toEqual(["a"]);
  await clock.advance(1);
  expect(ran).toEqual(["a", "b", "c"]);
});

test("one advance runs the timers that its timers set, each at its own instant", async () => {
  const clock = new VirtualClock(1_000);
  const seen: number[] = [];
  const loop = async () => {
    for (let i = 0; i < 3; i++) {
      await clock.sleep(100);
      seen.push(clock.now());
    }
  };
  const done = loop();
  await clock.advance(1_000);
  await done;
  expect(seen).toEqual([1_100, 1_200, 1_300]);
  expect(clock.monotonic()).toBe(1_000);
});

test("pending counts timers that are neither run nor cleared, and clearing twice is harmless", async () => {
  const clock = new VirtualClock();
  const a = clock.setTimeout(() => {}, 5);
  clock.setTimeout(() => {}, 5);
  expect(clock.pending).toBe(2);
  clock.clearTimeout(a);
  clock.clearTimeout(a);
  expect(clock.pending).toBe(1);
  await clock.advance(5);
  expect(clock.pending).toBe(0);
});

test("the wall clock may jump without moving a timer or monotonic time", async () => {
  const clock = new VirtualClock();
  let fired = false;
  clock.setTimeout(() => {
    fired = true;
  }, 100);
  clock.setWall(0);
  await clock.advance(99);
  expect([clock.now(), clock.monotonic(), fired]).toEqual([99, 99, false]);
});

test.each([
  ["virtual", () => new VirtualClock()],
  ["system", () => systemClock],
])("a %s sleep ends with its token and leaves neither timer nor listener", async (_name, make) => {
  const clock = make();
  const token = new ShutdownToken();
  const sleeping = clock.sleep(60_000, token);
  token.cancel({ kind: "user-requested" });
  expect(await sleeping).toBe("cancelled");
  expect(await clock.sleep(60_000, token)).toBe("cancelled");
  if (clock instanceof VirtualClock) expect(clock.pending).toBe(0);
});

test("an elapsed sleep takes its listener off the token", async () => {
  const clock = new VirtualClock();
  const token = new ShutdownToken();
  const off = vi.fn();
  const spy = vi.spyOn(token, "onCancel").mockReturnValue(off);
  const sleeping = clock.sleep(5, token);
  await clock.advance(5);
  expect(await sleeping).toBe("elapsed");
  expect(spy).toHaveBeenCalledOnce();
  expect(off).toHaveBeenCalledOnce();
});

test("the system clock walks a delay above 2^31-1 ms in steps instead of firing at once", () => {
  vi.useFakeTimers();
  try {
    const fired = vi.fn();
    const timer = systemClock.setTimeout(fired, 2 ** 31 + 5_000);
    vi.advanceTimersByTime(2 ** 31 - 1);
    expect(fired).not.toHaveBeenCalled();
    vi.advanceTimersByTime(5_000);
    expect(fired).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(fired).toHaveBeenCalledOnce();
    systemClock.clearTimeout(timer);
    systemClock.clearTimeout(systemClock.setTimeout(fired, Number.POSITIVE_INFINITY));
    expect(vi.getTimerCount()).toBe(0);
  } finally {
    vi.useRealTimers();
  }
});

test("the system clock sleeps for real and its clocks move", async () => {
  const before = systemClock.monotonic();
  expect(await systemClock.sleep(2)).toBe("elapsed");
  expect(systemClock.monotonic()).toBeGreaterThan(before);
  expect(Math.abs(systemClock.now() - Date.now())).toBeLessThan(1_000);
  const timer = systemClock.setTimeout(() => {}, 60_000);
  timer.unref();
  timer.ref();
  systemClock.clearTimeout(timer);
});

test("a long timer that does not hold the process does not hold it in its later steps either", () => {
  const steps: { readonly next: () => void; readonly unref: () => void; readonly ref: () => void }[] = [];
  const platform = vi.spyOn(globalThis, "setTimeout").mockImplementation((next) => {
    steps.push({ next, unref: vi.fn(), ref: vi.fn() });
    return steps.at(-1) as never;
  });
  try {
    const timer = systemClock.setTimeout(() => {}, 3 * 2 ** 31);
    timer.unref();
    steps[0]?.next();
    expect(steps[1]?.unref).toHaveBeenCalledOnce();
    timer.ref();
    steps[1]?.next();
    expect(steps[2]?.unref).not.toHaveBeenCalled();
  } finally {
    platform.mockRestore();
  }
});
