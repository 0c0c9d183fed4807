import { expect, test } from "vitest";
import { CancelledError, orCancelled, ShutdownToken } from "../src/index.ts";
import { countListeners } from "./listener-count.ts";
import { onUnhandledRejection } from "./unhandled-rejections.ts";

const reason = { kind: "user-requested" } as const;

test("work that ends first is what comes of it, and leaves no listener on the token", async () => {
  const listeners = countListeners();
  const token = new ShutdownToken();
  expect(await orCancelled(Promise.resolve(7), token)).toBe(7);
  await expect(orCancelled(Promise.reject(new Error("broken")), token)).rejects.toThrow("broken");
  expect(listeners.current).toBe(0);
  listeners.end();
});

test("a token that is cancelled first ends the wait with its reason, and the work's own end is of no interest", async () => {
  let unhandled = 0;
  const off = onUnhandledRejection(() => unhandled++);
  const token = new ShutdownToken();
  const work = Promise.withResolvers<never>();
  const waiting = orCancelled(work.promise, token);
  token.cancel(reason);
  const error: unknown = await waiting.catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(CancelledError);
  expect(error).toMatchObject({ details: reason });
  work.reject(new Error("too late"));
  await new Promise((resolve) => setTimeout(resolve, 1));
  off();
  expect(unhandled).toBe(0);
});

test("a token that was cancelled before ends the wait at once", async () => {
  const token = new ShutdownToken();
  token.cancel(reason);
  await expect(orCancelled(new Promise(() => {}), token)).rejects.toMatchObject({ code: "CANCELLED" });
});
