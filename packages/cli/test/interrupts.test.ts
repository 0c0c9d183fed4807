import { VirtualClock } from "@holdfast/runtime/testing";
import { expect, test } from "vitest";
import { Interrupts } from "../src/up/interrupts.ts";
import { FakeCli } from "./fake-cli.ts";

function keyboard() {
  const cli = new FakeCli();
  const clock = new VirtualClock();
  const interrupts = new Interrupts(Object.assign(cli, { clock }));
  const state = () =>
    cli.exits.length > 0
      ? "left"
      : interrupts.forced.isCancelled
        ? "forced"
        : interrupts.asked.isCancelled
          ? "asked"
          : "none";
  return { cli, clock, interrupts, state };
}

test("each Ctrl-C asks for more: to stop, to kill, to leave", async () => {
  const { cli, clock, interrupts, state } = keyboard();
  const states = [state()];
  for (let press = 0; press < 3; press++) {
    cli.interrupt();
    states.push(state());
    await clock.advance(1_000);
  }
  expect(states).toEqual(["none", "asked", "forced", "left"]);
  expect(interrupts.asked.reason).toEqual({ kind: "user-requested", signal: "SIGINT" });
  expect(cli.exits).toEqual([130]);
});

test("what comes within a fifth of a second is the same key, passed on by a parent", async () => {
  const { cli, clock, state } = keyboard();
  cli.interrupt();
  await clock.advance(199);
  cli.interrupt("SIGTERM");
  expect(state()).toBe("asked");
  await clock.advance(1);
  cli.interrupt();
  expect(state()).toBe("forced");
});

test("an output that nobody reads asks once and never forces, and does not swallow a real Ctrl-C", async () => {
  const { cli, clock, state } = keyboard();
  for (let write = 0; write < 5; write++) {
    cli.interrupt("EPIPE");
    await clock.advance(1_000);
  }
  expect(state()).toBe("asked");
  cli.interrupt("EPIPE");
  cli.interrupt();
  expect(state()).toBe("forced");
});

test("after release the signals are the system's again", () => {
  const { cli, interrupts } = keyboard();
  interrupts.release();
  expect(cli.listeners).toBe(0);
});
