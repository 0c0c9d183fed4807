import { vi } from "vitest";
import { ShutdownToken } from "../src/index.ts";

/** Counts the listeners that are on any token, from now until `end`. */
export function countListeners(): { readonly current: number; end(): void } {
  let current = 0;
  const original = ShutdownToken.prototype.onCancel;
  const spy = vi.spyOn(ShutdownToken.prototype, "onCancel").mockImplementation(function (
    this: ShutdownToken,
    listener,
  ) {
    current++;
    let on = true;
    const gone = () => {
      if (on) current--;
      on = false;
    };
    const off = original.call(this, (reason) => {
      gone();
      listener(reason);
    });
    return () => {
      gone();
      off();
    };
  });
  return {
    get current() {
      return current;
    },
    end: () => spy.mockRestore(),
  };
}
