import { ShutdownToken } from "@holdfast/runtime";
import { VirtualClock } from "@holdfast/runtime/testing";
import { expect, test } from "vitest";
import { untilIdle } from "../src/end-when-idle.ts";

test("it is idle when nobody has needed it for the whole time, and not before", async () => {
  const clock = new VirtualClock();
  let needed = true;
  let end: string | undefined;
  void untilIdle({ clock, token: new ShutdownToken(), idleMs: 10_000, isNeeded: () => needed }).then(
    (how) => {
      end = how;
    },
  );
  await clock.advance(60_000);
  expect(end).toBeUndefined();
  needed = false;
  await clock.advance(8_000);
  needed = true;
  await clock.advance(4_000);
  needed = false;
  await clock.advance(10_000);
  expect(end).toBeUndefined();
  await clock.advance(4_000);
  expect(end).toBe("idle");
  expect(clock.pending).toBe(0);
});

test("it ends with the daemon", async () => {
  const clock = new VirtualClock();
  const token = new ShutdownToken();
  const end = untilIdle({ clock, token, idleMs: 10_000, isNeeded: () => false });
  token.cancel({ kind: "rpc-requested" });
  expect(await end).toBe("cancelled");
  expect(clock.pending).toBe(0);
});
