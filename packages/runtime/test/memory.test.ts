import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { type ShutdownReason, ShutdownToken } from "../src/index.ts";

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
