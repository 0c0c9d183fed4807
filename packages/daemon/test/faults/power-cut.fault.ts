/** F3: the power is cut while the daemon is at a failpoint; the machine boots; the next daemon has all that was acknowledged. */
import { systemClock } from "@holdfast/runtime";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type FailpointPass, passesOf } from "./failpoint-passes.ts";
import { cases } from "./operations.ts";
import { otherBuild } from "./other-build.ts";
import { type AfterCut, type Cut, cutPower } from "./power-cut.ts";
import { powerLack } from "./power-lack.ts";
import type { PowerCut } from "./powered-machine.ts";
import { isShort, sample } from "./scale.ts";

let lack: string | undefined;
const figures = { points: 0, cuts: 0, acknowledged: 0, lost: 0, unreadable: 0, tookMs: 0 };

beforeAll(async () => {
  lack = await powerLack();
});

afterAll(() => {
  const { points, cuts, acknowledged, lost, unreadable, tookMs } = figures;
  if (cuts === 0) return;
  console.log(
    `F3: ${points} points, ${lost} lost acknowledgements, ${unreadable} unreadable states; ${cuts} power cuts, ${acknowledged} of them after the acknowledgement, ${Math.round(tookMs / cuts)} ms each`,
  );
});

const hows: readonly PowerCut[] = ["log lost", "log flushed"];

for (const [index, { name }] of cases("").entries()) {
  test(`F3: ${name}: the power is cut at each failpoint, and all that was acknowledged is there after the boot`, {
    timeout: 3_600_000,
  }, async ({ skip }) => {
    if (lack !== undefined) skip(lack);
    const passes = await passesOf(index);
    for (const [nth, pass] of sample(passes, 2).entries()) {
      let wasHeld = false;
      // In a short run each point has one of the ways.
      for (const [which, how] of (isShort ? hows.slice(nth % 2, (nth % 2) + 1) : hows).entries()) {
        const cut: Cut = { index, pass, how, goesOn: (nth + which + index) % 2 === 0 };
        const { lost, unreadable, ...after } = await counted(cut);
        wasHeld ||= after.wasHeld;
        const where = `${name}, ${how} at ${pass.name} after ${pass.skip} passes${cut.goesOn ? ", goes on" : ""}`;
        expect({ lost, unreadable }, where).toEqual({ lost: [], unreadable: [] });
      }
      if (wasHeld) figures.points++;
    }
  });
}

async function counted(cut: Cut): Promise<AfterCut> {
  const began = systemClock.monotonic();
  const after = await cutPower(cut);
  figures.tookMs += systemClock.monotonic() - began;
  figures.cuts++;
  if (after.isAcknowledged) figures.acknowledged++;
  if (after.lost.length > 0) figures.lost++;
  if (after.unreadable.length > 0) figures.unreadable++;
  return after;
}

test("F3: a daemon that does not wait for its disk is found to lose what it acknowledged", {
  timeout: 120_000,
}, async ({ skip }) => {
  if (lack !== undefined) skip(lack);
  using careless = otherBuild("0.1.0-careless", {
    from: 'const safe = "FULL"',
    to: 'const safe = "OFF"',
  });
  const index = cases("").findIndex(({ name }) => name === "stop");
  const pass = (await passesOf(index)).find(({ name }) => name === "operation.end") as FailpointPass;
  const cut: Cut = { index, pass, how: "log lost", goesOn: false };
  const { lost, isAcknowledged } = await cutPower(cut, { bin: careless.bin });
  expect(isAcknowledged).toBe(true);
  expect(lost.join("; ")).toContain("stop of web is not known");
  expect(await cutPower(cut)).toMatchObject({ isAcknowledged: true, lost: [], unreadable: [] });
});
