import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import {
  type ShutdownReason,
  ShutdownToken,
  Store,
  Supervisor,
  type Task,
  TaskRegistry,
} from "../src/index.ts";
import { FakeChild, VirtualClock } from "../src/testing/index.ts";

setFlagsFromString("--expose-gc");
const gc = runInNewContext("gc") as () => void;
const own: ShutdownReason = { kind: "requested-by-run" };

test("dropped and settled children leave nothing behind in their parent", async () => {
  const root = new ShutdownToken();
  const collected = (make: (child: ShutdownToken) => void) => {
    let child: ShutdownToken | undefined = root.childToken();
    make(child);
    const ref = new WeakRef(child);
    child = undefined;
    return ref;
  };
  const refs = [
    collected(() => {}),
    collected((child) => child.onCancel(() => {})()),
    collected((child) => {
      const offs = [child.onCancel(() => {}), child.onCancel(() => {})];
      for (const off of offs) off();
    }),
    collected((child) => child.childToken()),
    collected((child) => child.cancel(own)),
    collected((child) => {
      void child.cancelled;
      child.cancel(own);
    }),
    collected((child) => {
      void child.signal;
      child[Symbol.dispose]();
    }),
  ];
  await new Promise((resolve) => setTimeout(resolve, 0));
  gc();
  expect(refs.map((ref) => ref.deref() === undefined)).toEqual(refs.map(() => true));
  expect(root.isCancelled).toBe(false);
});

test("a follower that left right after its snapshot keeps no change alive", async () => {
  const store = new Store<object>();
  const follower = store.follow();
  await follower.next();
  await follower.return();
  const ref = (() => {
    const value = {};
    store.set("a", value);
    store.delete("a");
    return new WeakRef(value);
  })();
  await new Promise((resolve) => setTimeout(resolve, 0));
  gc();
  expect(ref.deref()).toBeUndefined();
});

test("what a listener holds goes when it is taken off, though others stay", async () => {
  const root = new ShutdownToken();
  const stays: ShutdownToken[] = [];
  const nothing = () => {};
  const collected = (among: number) => {
    const token = root.childToken();
    for (let i = 0; i < among; i++) token.onCancel(nothing);
    const held = {};
    const off = token.onCancel(() => void held);
    off();
    stays.push(token);
    return new WeakRef(held);
  };
  const refs = [collected(0), collected(1), collected(2)];
  await new Promise((resolve) => setTimeout(resolve, 0));
  gc();
  expect(refs.map((ref) => ref.deref())).toEqual([undefined, undefined, undefined]);
  root.cancel(own);
  expect(stays.map(({ reason }) => reason)).toEqual([own, own, own]);
});

test("a task that never ends is not kept alive once it was abandoned", async () => {
  const tasks = new TaskRegistry();
  const root = tasks.token;
  const spawn = (): WeakRef<Task> =>
    new WeakRef(
      tasks.spawn("deaf", { kind: "maintenance" }, (token) => {
        void token.cancelled;
        return new Promise(() => {});
      }),
    );
  const refs = [spawn(), spawn(), spawn()];
  expect((await tasks.joinAll(10)).laggards).toHaveLength(3);
  // One collection may come too early for what the machine still has in its hands.
  for (let time = 0; time < 20 && refs.some((ref) => ref.deref()); time++) {
    await new Promise((resolve) => setTimeout(resolve, 0));
    gc();
  }
  expect(refs.map((ref) => ref.deref())).toEqual([undefined, undefined, undefined]);
  expect([tasks.size, root.isCancelled]).toEqual([0, false]);
});

test("a million tasks that listened, failed or ended leave nothing behind", async () => {
  const tasks = new TaskRegistry();
  const run = async (count: number) => {
    for (let i = 0; i < count; i++) {
      await tasks.spawn("t", { kind: "rpc-handler" }, async (token) => {
        if (i % 2 === 0) token.onCancel(() => {});
        if (i % 1_000 === 0) throw new Error("no");
      }).done;
    }
  };
  const held = () => {
    gc();
    return process.memoryUsage().heapUsed;
  };
  await run(10_000);
  const before = held();
  await run(1_000_000);
  // A byte for each would be a megabyte.
  expect(held() - before).toBeLessThan(1_000_000);
  expect(tasks.size).toBe(0);
});

test("a child that was stopped in its backoff and forgotten is kept nowhere", async () => {
  const clock = new VirtualClock();
  const supervisor = new Supervisor({ clock });
  await supervisor.start();
  const forgotten = await (async () => {
    const child = new FakeChild("x", { backoff: { initialMs: 50, factor: 1, maxMs: 50 } });
    await supervisor.startChild(child.spec);
    child.crash();
    await clock.advance(10);
    await supervisor.stopChild("x");
    await supervisor.deleteChild("x");
    return new WeakRef(child);
  })();
  await clock.advance(100);
  gc();
  expect(forgotten.deref()).toBeUndefined();
  await supervisor.stop();
});

test("a cancelled token lets go of the listeners that it has called", async () => {
  const token = new ShutdownToken();
  const listen = () => {
    const held = { big: new Uint8Array(1_000) };
    token.onCancel(() => void held.big);
    return new WeakRef(held);
  };
  const refs = [listen(), listen()];
  token.cancel(own);
  for (let time = 0; time < 20 && refs.some((ref) => ref.deref()); time++) {
    await new Promise((resolve) => setTimeout(resolve, 0));
    gc();
  }
  expect(refs.map((ref) => ref.deref())).toEqual([undefined, undefined]);
  expect(token.reason).toBe(own);
});

test("a child that was restarted, has completed and was forgotten is kept nowhere", async () => {
  const clock = new VirtualClock();
  const supervisor = new Supervisor({ clock });
  await supervisor.start();
  const forgotten = await (async () => {
    const backoff = { initialMs: 50, factor: 1, maxMs: 50 };
    const child = new FakeChild("x", { backoff, restart: "transient" });
    await supervisor.startChild(child.spec);
    child.crash();
    await clock.advance(50);
    child.complete();
    await clock.advance(0);
    await supervisor.deleteChild("x");
    return new WeakRef(child);
  })();
  await clock.advance(100);
  gc();
  expect(forgotten.deref()).toBeUndefined();
  await supervisor.stop();
});
