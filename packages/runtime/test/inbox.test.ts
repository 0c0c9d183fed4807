import { expect, test } from "vitest";
import { Inbox } from "../src/inbox.ts";
import { ShutdownToken } from "../src/index.ts";
import { countListeners } from "./listener-count.ts";

test("what is sent is received in order, whether the reader waits or comes later", async () => {
  const inbox = new Inbox<number>();
  const first = inbox.receive();
  expect([inbox.sender.send(1), inbox.sender.send(2), inbox.sender.send(3)]).toEqual([true, true, true]);
  expect([await first, await inbox.receive(), await inbox.receive()]).toEqual([
    { kind: "received", value: 1 },
    { kind: "received", value: 2 },
    { kind: "received", value: 3 },
  ]);
});

test("a full inbox takes no more until something has been read", async () => {
  const inbox = new Inbox<number>({ capacity: 2 });
  expect([1, 2, 3].map((value) => inbox.sender.send(value))).toEqual([true, true, false]);
  await inbox.receive();
  expect(inbox.sender.send(4)).toBe(true);
  const small = new Inbox<number>();
  expect(Array.from({ length: 1_025 }, (_, i) => small.sender.send(i)).lastIndexOf(true)).toBe(1_023);
});

test("a closed inbox gives what it holds, then says that it is closed and why; the first reason stays", async () => {
  const inbox = new Inbox<string>();
  const error = new Error("the pipe broke");
  inbox.sender.send("last");
  inbox.sender.close(error);
  inbox.sender.close(new Error("again"));
  expect(inbox.sender.send("late")).toBe(false);
  expect(await inbox.receive()).toEqual({ kind: "received", value: "last" });
  expect([await inbox.receive(), await inbox.receive()]).toEqual([
    { kind: "closed", error },
    { kind: "closed", error },
  ]);
});

test("a reader that waits hears of the close, without an error where none was given", async () => {
  const inbox = new Inbox<string>();
  const next = inbox.receive();
  inbox.sender.close();
  expect(await next).toEqual({ kind: "closed" });
});

test("a cancelled reader is told at once, before what waits and before a close, and leaves no listener", async () => {
  const listeners = countListeners();
  const token = new ShutdownToken();
  const inbox = new Inbox<string>();
  const next = inbox.receive(token);
  token.cancel({ kind: "user-requested" });
  expect(await next).toEqual({ kind: "cancelled" });
  inbox.sender.send("unread");
  inbox.sender.close();
  expect(await inbox.receive(token)).toEqual({ kind: "cancelled" });
  expect(await inbox.receive(new ShutdownToken())).toEqual({ kind: "received", value: "unread" });
  expect(listeners.current).toBe(0);
  listeners.end();
});

test("a token that is cancelled while a command is on its way wins, and the command is there for the next reader", async () => {
  const token = new ShutdownToken();
  const inbox = new Inbox<string>();
  const next = inbox.receive(token);
  inbox.sender.send("kept");
  token.cancel({ kind: "user-requested" });
  expect(await next).toEqual({ kind: "cancelled" });
  expect(await inbox.receive()).toEqual({ kind: "received", value: "kept" });
});
