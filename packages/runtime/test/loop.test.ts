import { expect, test, vi } from "vitest";
import { GateOwner, type LoopOptions, loop, ShutdownToken, type Step } from "../src/index.ts";
import { VirtualClock } from "../src/testing/index.ts";
import { countListeners } from "./listener-count.ts";

const stop = { kind: "user-requested" } as const;

function setUp(options: Omit<LoopOptions, "clock">) {
  const clock = new VirtualClock();
  const token = new ShutdownToken();
  const passes: string[] = [];
  const made = loop({
    ...options,
    clock,
    onPass: ({ steps }) => passes.push(steps.map(({ name, kind }) => `${name} ${kind}`).join(", ")),
  });
  return { clock, token, passes, loop: made, start: () => made.run(token) };
}

const step = (name: string, run: Step["run"] = () => {}, more: Partial<Step> = {}): Step => ({
  name,
  run,
  ...more,
});

test("B-07 gated steps run only while the gate is open, the others always", async () => {
  const connected = new GateOwner();
  const { clock, token, passes, start } = setUp({
    everyMs: 60,
    steps: [
      step("fees", undefined, { when: connected.gate }),
      step("exits"),
      step("odd", undefined, { when: () => false }),
    ],
  });
  const ran = start();
  await clock.advance(0);
  connected.set(true);
  await clock.advance(60);
  token.cancel(stop);
  await ran;
  expect(passes).toEqual([
    "fees skipped, exits completed, odd skipped",
    "fees completed, exits completed, odd skipped",
  ]);
});

test("B-07 a step that fails, throws or hangs never keeps the next one from running", async () => {
  const { clock, token, passes, start } = setUp({
    everyMs: 1_000,
    steps: [
      step("rejects", async () => Promise.reject(new Error("no"))),
      step("throws", () => {
        throw new Error("no");
      }),
      step("bad gate", undefined, {
        when: () => {
          throw new Error("no");
        },
      }),
      step("hangs", () => new Promise(() => {}), { timeoutMs: 50 }),
      step("last"),
    ],
  });
  const ran = start();
  await clock.advance(50);
  await clock.advance(1_000);
  token.cancel(stop);
  await ran;
  expect(passes).toEqual([
    "rejects failed, throws failed, bad gate failed, hangs timed-out, last completed",
    "rejects failed, throws failed, bad gate failed, hangs busy, last completed",
  ]);
  expect(clock.pending).toBe(0);
});

test("B-07 a step out of time is told so by its token, and only it", async () => {
  const reasons: unknown[] = [];
  const { clock, token, start } = setUp({
    everyMs: 1_000,
    steps: [
      step("slow", async (own) => reasons.push(await own.cancelled), { timeoutMs: 50 }),
      step("fine", (own) => reasons.push(own.reason)),
    ],
  });
  const ran = start();
  await clock.advance(50);
  expect(reasons).toEqual([{ kind: "requested-by-run", message: "slow took longer than 50 ms" }, undefined]);
  expect(token.isCancelled).toBe(false);
  token.cancel(stop);
  await ran;
});

test("B-07 the first pass comes at once, and the interval counts from the end of a pass and is read anew", async () => {
  const began: number[] = [];
  let everyMs = 100;
  const { clock, token, start } = setUp({
    everyMs: () => everyMs,
    steps: [
      step("sync", async () => {
        began.push(clock.monotonic());
        await clock.sleep(30);
      }),
    ],
  });
  const ran = start();
  await clock.advance(200);
  everyMs = 500;
  await clock.advance(1_000);
  token.cancel(stop);
  await ran;
  expect(began).toEqual([0, 130, 260, 790]);
});

test("B-10 triggers made while a pass runs share the next one, each gets its report, and none is lost", async () => {
  const { clock, token, passes, loop, start } = setUp({
    steps: [step("sync", () => clock.sleep(10))],
  });
  const ran = start();
  await clock.advance(1_000);
  expect(passes).toEqual([]);
  const first = loop.trigger();
  expect(loop.trigger()).toBe(first);
  await clock.advance(5);
  const [second, third] = [loop.trigger(), loop.trigger()];
  await clock.advance(5);
  expect(await first).toMatchObject({ steps: [{ name: "sync", kind: "completed" }] });
  await clock.advance(10);
  expect(await second).toBe(await third);
  expect(await second).not.toBe(await first);
  expect(passes).toHaveLength(2);
  const late = loop.trigger();
  await clock.advance(5);
  const tooLate = loop.trigger();
  token.cancel(stop);
  await clock.advance(5);
  await ran;
  expect(await late).toBeDefined();
  expect([await tooLate, await loop.trigger()]).toEqual([undefined, undefined]);
});

test("a stop cancels the step in hand, skips those after it, and waits for it to end", async () => {
  let ended = false;
  const { clock, token, passes, start } = setUp({
    everyMs: 10,
    steps: [
      step("long", async (own) => {
        await own.cancelled;
        await clock.sleep(7);
        ended = true;
        own.throwIfCancelled();
      }),
      step("after"),
    ],
  });
  const ran = start();
  await clock.advance(3);
  token.cancel(stop);
  await clock.advance(7);
  await ran;
  expect([ended, passes, clock.pending]).toEqual([true, ["long cancelled, after cancelled"], 0]);
});

test("a loop that is run again answers triggers again", async () => {
  const { clock, token, loop: made, start } = setUp({ steps: [step("a")] });
  token.cancel(stop);
  await start();
  const again = new ShutdownToken();
  const ran = made.run(again);
  const answer = made.trigger();
  await clock.advance(0);
  expect(await answer).toMatchObject({ steps: [{ kind: "completed" }] });
  again.cancel(stop);
  await ran;
});

test("B-10 whoever triggers may give up waiting, and the pass comes all the same", async () => {
  const listeners = countListeners();
  const { clock, token, passes, loop, start } = setUp({ steps: [step("sync")] });
  const patience = new ShutdownToken();
  const early = loop.trigger(patience);
  patience.cancel(stop);
  expect([await early, await loop.trigger(patience)]).toEqual([undefined, undefined]);
  const ran = start();
  await clock.advance(0);
  expect(passes).toEqual(["sync completed"]);
  const served = loop.trigger(new ShutdownToken());
  await clock.advance(0);
  expect(await served).toMatchObject({ steps: [{ kind: "completed" }] });
  token.cancel(stop);
  await ran;
  listeners.end();
  expect(listeners.current).toBe(0);
});

test("B-10 a trigger made right after the start does not share the pass that has begun", async () => {
  const { clock, token, passes, loop, start } = setUp({ everyMs: 1_000, steps: [step("sync")] });
  const ran = start();
  const asked = loop.trigger();
  await clock.advance(0);
  expect([passes.length, await asked]).toMatchObject([2, { steps: [{ kind: "completed" }] }]);
  token.cancel(stop);
  await ran;
});

test("B-10 a trigger that came before the loop runs shares its first pass", async () => {
  const { clock, token, passes, loop, start } = setUp({ everyMs: 1_000, steps: [step("sync")] });
  const asked = loop.trigger();
  const ran = start();
  await clock.advance(999);
  expect([passes.length, await asked]).toMatchObject([1, { steps: [{ kind: "completed" }] }]);
  token.cancel(stop);
  await ran;
});

test("B-11 a loop that crashes keeps what was asked of it for its next run", async () => {
  let intervals = 0;
  const { clock, token, passes, loop, start } = setUp({
    everyMs: () => {
      if (++intervals === 1) throw new Error("panic");
      return 1_000;
    },
    steps: [step("sync", () => clock.sleep(10))],
  });
  const crashed = expect(start()).rejects.toThrow("panic");
  await clock.advance(5);
  const asked = loop.trigger();
  await clock.advance(5);
  await crashed;
  const ran = start();
  await clock.advance(10);
  expect([await asked, passes.length]).toMatchObject([{ at: clock.now() - 10 }, 2]);
  token.cancel(stop);
  await ran;
  expect(clock.pending).toBe(0);
});

test("B-07 a listener of passes that throws surfaces, and the loop goes on", async () => {
  const uncaught = vi.spyOn(globalThis, "queueMicrotask").mockImplementation(() => {});
  const clock = new VirtualClock();
  const token = new ShutdownToken();
  const run = vi.fn();
  const onPass = () => {
    throw new Error("bug");
  };
  const ran = loop({ everyMs: 10, steps: [step("sync", run)], onPass, clock }).run(token);
  await clock.advance(20);
  expect(uncaught.mock.calls[0]?.[0]).toThrow("bug");
  uncaught.mockRestore();
  expect(run).toHaveBeenCalledTimes(3);
  token.cancel(stop);
  await ran;
});

test("B-07 an interval that is no number waits for ever instead of spinning", async () => {
  const { clock, token, passes, start } = setUp({ everyMs: () => Number.NaN, steps: [step("sync")] });
  const ran = start();
  await clock.advance(1_000_000);
  expect([passes.length, clock.pending]).toEqual([1, 0]);
  token.cancel(stop);
  await ran;
});
