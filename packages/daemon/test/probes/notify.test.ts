import type { Notified } from "@holdfast/platform";
import { ShutdownToken } from "@holdfast/runtime";
import { VirtualClock } from "@holdfast/runtime/testing";
import { expect, test } from "vitest";
import { notifyLoop } from "../../src/probes/notify.ts";
import type { AppSpec } from "../../src/spec/app-spec.ts";

const nothing: Notified = {
  ready: false,
  reloading: false,
  stopping: false,
  watchdogs: 0,
  watchdogTriggered: false,
  extensions: 0,
  extensionMs: 0,
};

function listen(spec: Pick<AppSpec, "readyNotify" | "watchdogMs">) {
  const clock = new VirtualClock();
  const token = new ShutdownToken();
  const ready: boolean[] = [];
  const dead: string[] = [];
  let said = nothing;
  let listener: ((notified: Notified) => void) | undefined;
  const over = notifyLoop(
    spec,
    {
      clock,
      token,
      onNotified: (own) => {
        listener = own;
        return () => {
          listener = undefined;
        };
      },
    },
    { onReady: (isReady) => ready.push(isReady), onDead: (why) => dead.push(why) },
  );
  return {
    ready,
    dead,
    say: (more: Partial<Notified>) => {
      said = { ...said, ...more };
      listener?.(said);
    },
    beat: () => {
      said = { ...said, watchdogs: said.watchdogs + 1 };
      listener?.(said);
    },
    extend: (extensionMs: number) => {
      said = { ...said, extensions: said.extensions + 1, extensionMs };
      listener?.(said);
    },
    after: (ms: number) => clock.advance(ms),
    end: async () => {
      token.cancel({ kind: "requested-by-run" });
      await over;
      expect(listener).toBeUndefined();
    },
  };
}

test("an app is ready when it says so, and not while it reloads or stops", async () => {
  const { ready, say, end } = listen({ readyNotify: {} });
  say({ status: "warming up" });
  say({ ready: true });
  say({ reloading: true });
  say({ reloading: false });
  say({ stopping: true });
  expect(ready).toEqual([false, true, false, true, false]);
  await end();
});

test("16: start: READY in time is a success, and the timeout no longer counts", async () => {
  const { dead, say, after, end } = listen({ readyNotify: { timeoutMs: 5_000 } });
  await after(4_999);
  say({ ready: true });
  await after(60_000);
  expect(dead).toEqual([]);
  await end();
});

test("16: start: without READY the app is ended when its time is over", async () => {
  const { dead, after, end } = listen({ readyNotify: { timeoutMs: 5_000 } });
  await after(4_999);
  expect(dead).toEqual([]);
  await after(1);
  expect(dead).toEqual(["it did not say that it is ready within 5 s"]);
  await end();
});

test("16: start: whoever asks for more time again and again gets it, and then must be ready", async () => {
  const { dead, say, extend, after, end } = listen({ readyNotify: { timeoutMs: 5_000 } });
  for (let times = 0; times < 5; times++) {
    await after(4_000);
    extend(4_500);
  }
  expect(dead).toEqual([]);
  say({ ready: true });
  await after(60_000);
  expect(dead).toEqual([]);
  await end();
});

test("16: start: whoever asks for more time and does not use it is ended when that is over", async () => {
  const { dead, extend, after, end } = listen({ readyNotify: { timeoutMs: 5_000 } });
  await after(4_000);
  extend(3_000);
  await after(2_999);
  expect(dead).toEqual([]);
  await after(1);
  expect(dead).toEqual(["it did not say that it is ready within 5 s and the time it asked for"]);
  await end();
});

test("16: start: a shorter time than is left takes nothing away", async () => {
  const { dead, extend, after, end } = listen({ readyNotify: { timeoutMs: 5_000 } });
  extend(1);
  await after(4_999);
  expect(dead).toEqual([]);
  await after(1);
  expect(dead).toHaveLength(1);
  await end();
});

test("16: the same words told twice extend nothing twice", async () => {
  const { dead, say, extend, after, end } = listen({ readyNotify: { timeoutMs: 1_000 } });
  extend(2_000);
  await after(1_500);
  say({ status: "still here" });
  await after(500);
  expect(dead).toHaveLength(1);
  await end();
});

test("16: runtime: once it is ready, a request for time changes nothing", async () => {
  const { dead, say, extend, after, end } = listen({ readyNotify: { timeoutMs: 1_000 } });
  say({ ready: true });
  extend(10);
  await after(60_000);
  expect(dead).toEqual([]);
  await end();
});

test("an app that says that it is alive lives on, and one that does not is ended", async () => {
  const { dead, beat, after, end } = listen({ watchdogMs: 1_000 });
  for (let beats = 0; beats < 10; beats++) {
    await after(900);
    beat();
  }
  expect(dead).toEqual([]);
  await after(999);
  expect(dead).toEqual([]);
  await after(1);
  expect(dead).toEqual(["its watchdog was not heard for 1 s"]);
  await after(10_000);
  expect(dead).toHaveLength(1);
  await end();
});

test("what is said beside it is no sign of life", async () => {
  const { dead, say, after, end } = listen({ watchdogMs: 1_000 });
  await after(900);
  say({ status: "busy" });
  await after(100);
  expect(dead).toHaveLength(1);
  await end();
});

test("the watchdog of an app that is to say when it is ready counts from then", async () => {
  const { dead, say, after, end } = listen({ readyNotify: {}, watchdogMs: 1_000 });
  await after(30_000);
  expect(dead).toEqual([]);
  say({ ready: true });
  await after(999);
  expect(dead).toEqual([]);
  await after(1);
  expect(dead).toHaveLength(1);
  await end();
});

test("an app may change its interval, and say that it hangs", async () => {
  const slow = listen({ watchdogMs: 1_000 });
  slow.say({ watchdogMs: 5_000 });
  await slow.after(4_999);
  expect(slow.dead).toEqual([]);
  slow.say({ watchdogTriggered: true });
  expect(slow.dead).toEqual(["it said that its watchdog failed"]);
  await slow.end();
});

test("nothing is told after the end", async () => {
  const { dead, after, end } = listen({ readyNotify: { timeoutMs: 10 }, watchdogMs: 10 });
  await end();
  await after(1_000);
  expect(dead).toEqual([]);
});
