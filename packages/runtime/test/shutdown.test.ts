import { expect, test, vi } from "vitest";
import { CancelledError, type ShutdownReason, ShutdownToken } from "../src/index.ts";

const user: ShutdownReason = { kind: "user-requested", signal: "SIGTERM" };
const rpc: ShutdownReason = { kind: "rpc-requested" };
const own: ShutdownReason = { kind: "requested-by-run" };

test("D-10 the first reason wins and stays, and every holder sees the same", async () => {
  const token = new ShutdownToken();
  const child = token.childToken().childToken();
  expect([token.cancel(user), token.cancel(rpc)]).toEqual([true, false]);
  expect([token.reason, child.reason, await token.cancelled, await child.cancelled]).toEqual(
    new Array(4).fill(user),
  );
});

test("D-10 a child's own cancellation never shows as its parent's reason", () => {
  const parent = new ShutdownToken();
  const child = parent.childToken();
  const sibling = parent.childToken();
  const heard = vi.fn();
  parent.onCancel(heard);
  child.cancel(own);
  expect([child.reason, parent.reason, sibling.reason]).toEqual([own, undefined, undefined]);
  expect(heard).not.toHaveBeenCalled();
  parent.cancel(user);
  expect([child.reason, sibling.reason]).toEqual([own, user]);
});

test("a listener is called once with the reason, at once when it comes late, never after it was taken off", () => {
  const token = new ShutdownToken();
  const [early, gone, late] = [vi.fn(), vi.fn(), vi.fn()];
  token.onCancel(early);
  token.onCancel(gone)();
  token.cancel(user);
  token.onCancel(late);
  expect(early.mock.calls).toEqual([[user]]);
  expect(late.mock.calls).toEqual([[user]]);
  expect(gone).not.toHaveBeenCalled();
});

test("listeners run in their order, and one can take a later one off", () => {
  const token = new ShutdownToken();
  const order: string[] = [];
  token.onCancel(() => {
    order.push("a");
    offB();
  });
  const offB = token.onCancel(() => order.push("b"));
  token.onCancel(() => order.push("c"));
  token.cancel(user);
  expect(order).toEqual(["a", "c"]);
});

test("the same function added twice is called twice, and taken off once", () => {
  const token = new ShutdownToken();
  const listener = vi.fn();
  const off = token.onCancel(listener);
  token.onCancel(listener);
  off();
  off();
  token.cancel(user);
  expect(listener).toHaveBeenCalledOnce();
});

test("a throwing listener does not rob the others of their call, and its error surfaces", async () => {
  const token = new ShutdownToken();
  const heard = vi.fn();
  const uncaught = vi.spyOn(globalThis, "queueMicrotask").mockImplementation(() => {});
  token.onCancel(() => {
    throw new Error("listener bug");
  });
  token.onCancel(heard);
  token.childToken().onCancel(heard);
  token.cancel(user);
  expect(heard).toHaveBeenCalledTimes(2);
  expect(uncaught.mock.calls[0]?.[0]).toThrow("listener bug");
  uncaught.mockRestore();
});

test("a grandchild hears through a child that nobody listens to", () => {
  const root = new ShutdownToken();
  const heard = vi.fn();
  root.childToken().childToken().childToken().onCancel(heard);
  root.cancel(user);
  expect(heard).toHaveBeenCalledWith(user);
});

test("a listener added again after the last one left is heard again", () => {
  const root = new ShutdownToken();
  const child = root.childToken();
  child.onCancel(() => {})();
  const heard = vi.fn();
  child.onCancel(heard);
  root.cancel(user);
  expect(heard).toHaveBeenCalledOnce();
});

test("a disposed token hears nothing, but still knows its reason", () => {
  const root = new ShutdownToken();
  const heard = vi.fn();
  {
    using child = root.childToken();
    child.onCancel(heard);
  }
  root.cancel(user);
  expect(heard).not.toHaveBeenCalled();
});

test("cancelling a chain of 100,000 tokens does not overflow the stack", () => {
  const root = new ShutdownToken();
  let leaf = root;
  for (let i = 0; i < 100_000; i++) leaf = leaf.childToken();
  const heard = vi.fn();
  leaf.onCancel(heard);
  root.cancel(user);
  expect(heard).toHaveBeenCalledOnce();
});

test("100,000 listeners on one token are added and cancelled in linear time", () => {
  const root = new ShutdownToken();
  let heard = 0;
  const began = performance.now();
  for (let i = 0; i < 100_000; i++) {
    root.childToken().onCancel(() => {
      heard++;
    });
  }
  root.cancel(user);
  expect(heard).toBe(100_000);
  // Quadratic takes tens of seconds.
  expect(performance.now() - began).toBeLessThan(3_000);
});

test("the signal is made once, aborts with the reason, and is aborted from the start when late", () => {
  const token = new ShutdownToken();
  const { signal } = token.childToken();
  const spare = token.childToken();
  expect(token.signal).toBe(token.signal);
  token.cancel(user);
  expect(signal.aborted).toBe(true);
  expect(spare.signal.aborted).toBe(true);
  expect(signal.reason).toBeInstanceOf(CancelledError);
  expect(signal.reason).toMatchObject({ name: "AbortError", code: "CANCELLED", details: user });
  expect(() => token.throwIfCancelled()).toThrow("cancelled: user-requested");
});

test("a foreign signal is adopted with a reason, and left once the token is cancelled", () => {
  const foreign = new AbortController();
  const token = new ShutdownToken();
  const removed = vi.spyOn(foreign.signal, "removeEventListener");
  const other = new ShutdownToken();
  other.adopt(foreign.signal, rpc);
  token.adopt(foreign.signal);
  token.cancel(user);
  expect(removed).toHaveBeenCalledOnce();
  foreign.abort("enough");
  expect([token.reason, other.reason]).toEqual([user, rpc]);
  const third = new ShutdownToken();
  third.adopt(foreign.signal);
  expect(third.reason).toEqual({ kind: "requested-by-run", message: "enough" });
});

test("the reason of another token crosses an AbortSignal unchanged", () => {
  const source = new ShutdownToken();
  const sink = new ShutdownToken();
  sink.adopt(source.signal);
  source.cancel(user);
  expect(sink.reason).toEqual(user);
});

test("an ended adoption hears no more", () => {
  const foreign = new AbortController();
  const token = new ShutdownToken();
  token.adopt(foreign.signal)();
  foreign.abort();
  expect(token.isCancelled).toBe(false);
});

test("a token that is not cancelled lets work go on", () => {
  expect(() => new ShutdownToken().throwIfCancelled()).not.toThrow();
});

test("an ended adoption leaves no listener, neither on the signal nor on the token", () => {
  const foreign = new AbortController();
  const removed = vi.spyOn(foreign.signal, "removeEventListener");
  const token = new ShutdownToken();
  token.adopt(foreign.signal)();
  expect(removed).toHaveBeenCalledOnce();
  token.cancel(user);
  expect(removed).toHaveBeenCalledOnce();
});

test("children hear in the order in which they came, after their parent's own listeners", () => {
  const root = new ShutdownToken();
  const order: string[] = [];
  const [a, b] = [root.childToken(), root.childToken()];
  a.onCancel(() => order.push("a"));
  b.onCancel(() => order.push("b"));
  a.childToken().onCancel(() => order.push("a's child"));
  root.onCancel(() => order.push("root"));
  root.cancel(user);
  expect(order).toEqual(["root", "a", "b", "a's child"]);
});

test("taking the last listener off a chain of 100,000 tokens does not overflow the stack", () => {
  const root = new ShutdownToken();
  let leaf = root;
  for (let i = 0; i < 100_000; i++) leaf = leaf.childToken();
  const heard = vi.fn();
  leaf.onCancel(heard)();
  leaf.onCancel(heard);
  leaf[Symbol.dispose]();
  root.cancel(user);
  expect(heard).not.toHaveBeenCalled();
});

test("a cancellation in the middle of another changes no reason and no call", () => {
  const root = new ShutdownToken();
  const child = root.childToken();
  const heard = vi.fn();
  const second: boolean[] = [];
  root.onCancel(() => second.push(child.cancel(own), root.cancel(rpc)));
  child.onCancel(heard);
  child.onCancel(() => second.push(child.cancel(own)));
  root.cancel(user);
  expect(second).toEqual([false, false, false]);
  expect(heard.mock.calls).toEqual([[user]]);
  expect(child.reason).toBe(user);
});

test("a listener can let go of a child before its turn, and listen anew on what is being cancelled", () => {
  const root = new ShutdownToken();
  const child = root.childToken();
  const [gone, anew] = [vi.fn(), vi.fn()];
  root.onCancel(() => {
    child[Symbol.dispose]();
    child.onCancel(anew);
  });
  child.onCancel(gone);
  root.cancel(user);
  expect(gone).not.toHaveBeenCalled();
  expect(anew.mock.calls).toEqual([[user]]);
});

test("a signal that has aborted cancels at once; a cancelled token leaves no listener on a signal", () => {
  const token = new ShutdownToken();
  token.adopt(AbortSignal.abort("gone"));
  expect(token.reason).toEqual({ kind: "requested-by-run", message: "gone" });
  const foreign = new AbortController();
  const [added, removed] = [
    vi.spyOn(foreign.signal, "addEventListener"),
    vi.spyOn(foreign.signal, "removeEventListener"),
  ];
  token.adopt(foreign.signal);
  expect(removed.mock.calls.length).toBe(added.mock.calls.length);
});

test("a root can be let go of, too", () => {
  const root = new ShutdownToken();
  const heard = vi.fn();
  root.onCancel(heard);
  root[Symbol.dispose]();
  expect([root.cancel(user), root.reason]).toEqual([true, user]);
  expect(heard).not.toHaveBeenCalled();
});
