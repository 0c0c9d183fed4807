import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { type ShutdownReason, ShutdownToken, Store } from "../src/index.ts";

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
