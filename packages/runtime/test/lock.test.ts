import { expect, test } from "vitest";
import { RwLock, ShutdownToken } from "../src/index.ts";
import { VirtualClock } from "../src/testing/index.ts";
import { countListeners } from "./listener-count.ts";

function setUp() {
  const clock = new VirtualClock();
  const lock = new RwLock(clock);
  const log: string[] = [];
  const work = (name: string, ms: number) => async () => {
    log.push(`${name} in`);
    await clock.sleep(ms);
    log.push(`${name} out`);
  };
  return { clock, lock, log, work };
}

test("B-08 readers share, a writer is alone, and nobody overtakes a waiting writer", async () => {
  const { clock, lock, log, work } = setUp();
  const all = [
    lock.read(work("r1", 10)),
    lock.read(work("r2", 20)),
    lock.write(work("w", 10)),
    lock.read(work("r3", 10)),
    lock.read(work("r4", 10)),
  ];
  await clock.advance(100);
  await Promise.all(all);
  expect(log.join(", ")).toBe("r1 in, r2 in, r1 out, r2 out, w in, w out, r3 in, r4 in, r3 out, r4 out");
});

test("B-08 exits do not starve behind a sync that fails or holds the wallet too long", async () => {
  const { clock, lock, log, work } = setUp();
  const sync = lock.write(async () => {
    await clock.sleep(5);
    throw new Error("chain source down");
  });
  const exits = lock.read(work("exits", 1), { timeoutMs: 100 });
  await Promise.all([expect(sync).rejects.toThrow("chain source down"), clock.advance(10)]);
  await exits;
  const hung = lock.write(() => new Promise(() => {}));
  void hung;
  const refused = expect(lock.read(work("late", 1), { timeoutMs: 100 })).rejects.toMatchObject({
    code: "LOCK_TIMEOUT",
    message: "no read lock within 100 ms",
  });
  await clock.advance(100);
  await refused;
  expect([log, clock.pending]).toEqual([["exits in", "exits out"], 0]);
});

test("a writer that gives up lets the readers behind it go", async () => {
  const { clock, lock, log, work } = setUp();
  const first = lock.read(work("first", 1_000));
  const writer = expect(lock.write(work("w", 1), { timeoutMs: 50 })).rejects.toMatchObject({
    code: "LOCK_TIMEOUT",
  });
  const behind = lock.read(work("behind", 1));
  await clock.advance(49);
  expect(log).toEqual(["first in"]);
  await clock.advance(1);
  await writer;
  expect(log).toEqual(["first in", "behind in"]);
  await clock.advance(1_000);
  await Promise.all([first, behind]);
});

test("a wait ends with its token, the work that has the lock does not, and no listener is left", async () => {
  const listeners = countListeners();
  const { clock, lock, log, work } = setUp();
  const token = new ShutdownToken();
  const first = lock.write(work("first", 10), { token });
  const second = expect(lock.write(work("second", 10), { token })).rejects.toMatchObject({
    code: "CANCELLED",
  });
  const third = lock.write(work("third", 5), { token: new ShutdownToken(), timeoutMs: 60 });
  token.cancel({ kind: "user-requested" });
  await second;
  await clock.advance(20);
  await Promise.all([first, third]);
  await expect(lock.read(work("late", 1), { token })).rejects.toMatchObject({ code: "CANCELLED" });
  listeners.end();
  expect(log).toEqual(["first in", "first out", "third in", "third out"]);
  expect([listeners.current, clock.pending]).toEqual([0, 0]);
});
