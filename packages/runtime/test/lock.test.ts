import { expect, test } from "vitest";
import { RwLock, ShutdownToken, seededRandom } from "../src/index.ts";
import { VirtualClock } from "../src/testing/index.ts";
import { countListeners } from "./listener-count.ts";

function setUp() {
  const clock = new VirtualClock();
  const lock = new RwLock({ name: "wallet", clock });
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
  void lock.write(() => new Promise(() => {}), { as: "sync" });
  await clock.advance(400);
  const refused = expect(lock.read(work("late", 1), { timeoutMs: 100 })).rejects.toMatchObject({
    code: "LOCK_TIMEOUT",
    message: "no read lock of wallet within 100 ms: held by sync (write, for 500 ms)",
    details: {
      name: "wallet",
      mode: "read",
      timeoutMs: 100,
      holders: [{ as: "sync", mode: "write", heldMs: 500 }],
    },
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

test("B-08 a timeout names every holder, and those who let go are forgotten", async () => {
  const { clock, lock } = setUp();
  const first = await lock.acquire({ mode: "read", as: "balance" });
  await clock.advance(30);
  using _second = await lock.acquire({ mode: "read", as: "history" });
  await clock.advance(20);
  const message = async () => {
    const refused = lock.acquire({ timeoutMs: 10 }).catch((error: Error) => error.message);
    await clock.advance(10);
    return refused;
  };
  expect(await message()).toBe(
    "no write lock of wallet within 10 ms: held by balance (read, for 60 ms), history (read, for 30 ms)",
  );
  first[Symbol.dispose]();
  expect(await message()).toBe("no write lock of wallet within 10 ms: held by history (read, for 40 ms)");
});

test("what was acquired is held until the end of its block, and letting go twice lets nobody else's go", async () => {
  const { clock, lock, log, work } = setUp();
  const waiting: Promise<void>[] = [];
  {
    using _held = await lock.acquire();
    waiting.push(lock.write(work("a", 10)), lock.write(work("b", 10)));
    await clock.advance(100);
    expect([log, lock.isFree]).toEqual([[], false]);
  }
  await clock.advance(0);
  expect(log).toEqual(["a in"]);
  await clock.advance(20);
  await Promise.all(waiting);
  const held = await lock.acquire();
  held[Symbol.dispose]();
  const next = await lock.acquire();
  held[Symbol.dispose]();
  expect(lock.isFree).toBe(false);
  next[Symbol.dispose]();
  expect(lock.isFree).toBe(true);
});

test("work that throws before it is a promise lets go of the lock", async () => {
  const { lock } = setUp();
  const thrown = lock.write(() => {
    throw new Error("bug");
  });
  await expect(thrown).rejects.toThrow("bug");
  expect(lock.isFree).toBe(true);
});

test.each([1, 2, 3, 4, 5, 6, 7, 8])(
  "whatever the order of requests, no writer is ever beside another holder and all are served in turn (seed %i)",
  async (seed) => {
    const random = seededRandom(seed);
    const { clock, lock } = setUp();
    const asked: number[] = [];
    const granted: number[] = [];
    const inside = { read: 0, write: 0 };
    const all = Array.from({ length: 200 }, async (_, id) => {
      await clock.sleep(Math.floor(random.next() * 500));
      const mode = random.next() < 0.6 ? "read" : "write";
      asked.push(id);
      using _held = await lock.acquire({ mode });
      granted.push(id);
      inside[mode]++;
      expect(inside.write * (inside.write + inside.read)).toBeLessThan(2);
      await clock.sleep(Math.floor(random.next() * 10));
      inside[mode]--;
    });
    await clock.advance(10_000);
    await Promise.all(all);
    expect(granted).toEqual(asked);
    expect([granted.length, lock.isFree, clock.pending]).toEqual([200, true, 0]);
  },
);
