import { expect, test } from "vitest";
import { KeyedLock, ShutdownToken } from "../src/index.ts";
import { VirtualClock } from "../src/testing/index.ts";
import { countListeners } from "./listener-count.ts";

function setUp() {
  const clock = new VirtualClock();
  const locks = new KeyedLock({ name: "app", clock });
  const log: string[] = [];
  const work = (name: string, ms: number) => async () => {
    log.push(`${name} in`);
    await clock.sleep(ms);
    log.push(`${name} out`);
    return name;
  };
  return { clock, locks, log, work };
}

test("work on one key is done in turn, work on another beside it", async () => {
  const { clock, locks, log, work } = setUp();
  const all = [
    locks.run("web", work("stop web", 10)),
    locks.run("web", work("start web", 10)),
    locks.run("db", work("stop db", 15)),
  ];
  await clock.advance(100);
  expect(await Promise.all(all)).toEqual(["stop web", "start web", "stop db"]);
  expect(log.join(", ")).toBe(
    "stop web in, stop db in, stop web out, start web in, stop db out, start web out",
  );
});

test("readers of one key share it", async () => {
  const { clock, locks, log, work } = setUp();
  const all = [
    locks.run("web", work("a", 10), { mode: "read" }),
    locks.run("web", work("b", 10), { mode: "read" }),
    locks.run("web", work("c", 10)),
  ];
  await clock.advance(100);
  await Promise.all(all);
  expect(log.join(", ")).toBe("a in, b in, a out, b out, c in, c out");
});

test("a key is there while someone has it or waits for it, however the wait ends", async () => {
  const listeners = countListeners();
  const { clock, locks, work } = setUp();
  const token = new ShutdownToken();
  const ends = [
    locks.run("web", work("web", 50)),
    locks.run("web", work("late", 1), { timeoutMs: 10, as: "late" }).catch((error: Error) => error.message),
    locks.run("web", work("told", 1), { token }).catch((error: Error) => error.message),
    locks.run("db", () => Promise.reject(new Error("bug"))).catch((error: Error) => error.message),
  ];
  expect(locks.size).toBe(2);
  await clock.advance(10);
  expect(locks.size).toBe(1);
  token.cancel({ kind: "user-requested" });
  await clock.advance(50);
  expect(await Promise.all(ends)).toEqual([
    "web",
    "no write lock of app web within 10 ms: held by someone (write, for 10 ms)",
    "cancelled: user-requested",
    "bug",
  ]);
  await expect(locks.acquire("web", { token })).rejects.toMatchObject({ code: "CANCELLED" });
  listeners.end();
  expect([locks.size, clock.pending, listeners.current]).toEqual([0, 0, 0]);
});

test("letting go of a key a second time does not take it from its next holder", async () => {
  const { clock, locks, log, work } = setUp();
  const old = await locks.acquire("web");
  old[Symbol.dispose]();
  expect(locks.size).toBe(0);
  const next = await locks.acquire("web", { as: "next" });
  old[Symbol.dispose]();
  expect(locks.size).toBe(1);
  const waiting = locks.run("web", work("third", 1));
  await clock.advance(10);
  expect(log).toEqual([]);
  next[Symbol.dispose]();
  await clock.advance(10);
  await waiting;
  expect(locks.size).toBe(0);
});

test("ten thousand keys, used and let go, leave nothing", async () => {
  const { locks } = setUp();
  for (let i = 0; i < 10_000; i++) {
    using _held = await locks.acquire(`app-${i}`);
    expect(locks.size).toBe(1);
  }
  expect(locks.size).toBe(0);
});
