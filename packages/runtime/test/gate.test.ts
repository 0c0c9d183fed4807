import { expect, test, vi } from "vitest";
import { GateOwner, ShutdownToken } from "../src/index.ts";
import { countListeners } from "./listener-count.ts";

test("B-03 one owner writes the gate, and everyone else awaits its edges", async () => {
  const connected = new GateOwner();
  const { gate } = connected;
  expect(gate).not.toHaveProperty("set");
  const edges: boolean[] = [];
  const off = gate.onChange((isOpen) => edges.push(isOpen));
  const waiters = [gate.opened(), gate.opened()];
  connected.set(true);
  connected.set(true);
  expect(await Promise.all([...waiters, gate.opened()])).toEqual([true, true, true]);
  const closed = gate.closed();
  connected.set(false);
  expect(await closed).toBe(true);
  off();
  connected.set(true);
  expect([edges, gate.isOpen]).toEqual([[true, false], true]);
});

test("B-03 waiting for an edge ends with the token, and nobody is left listening", async () => {
  const owner = new GateOwner();
  const token = new ShutdownToken();
  const off = vi.fn();
  const original = owner.gate.onChange;
  vi.spyOn(owner.gate, "onChange").mockImplementation((listener) => {
    const leave = original(listener);
    return () => {
      off();
      leave();
    };
  });
  const waiting = owner.gate.opened(token);
  token.cancel({ kind: "user-requested" });
  expect([await waiting, await owner.gate.opened(token)]).toEqual([false, false]);
  expect(off).toHaveBeenCalledOnce();
});

test("B-03 an edge that came takes the listener off the token", async () => {
  const listeners = countListeners();
  const owner = new GateOwner();
  const opened = owner.gate.opened(new ShutdownToken());
  expect(listeners.current).toBe(1);
  owner.set(true);
  await opened;
  listeners.end();
  expect(listeners.current).toBe(0);
});

test("a throwing listener does not keep the gate from the others", () => {
  const owner = new GateOwner();
  const heard = vi.fn();
  const uncaught = vi.spyOn(globalThis, "queueMicrotask").mockImplementation(() => {});
  owner.gate.onChange(() => {
    throw new Error("bug");
  });
  owner.gate.onChange(heard);
  owner.set(true);
  expect(heard).toHaveBeenCalledWith(true);
  expect(uncaught.mock.calls[0]?.[0]).toThrow("bug");
  uncaught.mockRestore();
});

test("B-03 an edge made by a listener is told to all after the one it answers, so the last word is the truth", () => {
  const owner = new GateOwner();
  const heard: string[] = [];
  owner.gate.onChange((isOpen) => {
    heard.push(`first ${isOpen}`);
    if (isOpen) owner.set(false);
  });
  owner.gate.onChange((isOpen) => heard.push(`second ${isOpen}`));
  owner.set(true);
  expect([heard, owner.gate.isOpen]).toEqual([
    ["first true", "second true", "first false", "second false"],
    false,
  ]);
});
