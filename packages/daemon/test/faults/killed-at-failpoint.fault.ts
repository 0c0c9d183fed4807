/** F1: the daemon is killed at every failpoint that an operation comes by, before and after each of its effects. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "@holdfast/runtime";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type FailpointPass, passesOf, setAt } from "./failpoint-passes.ts";
import { KillableDaemon } from "./killable-daemon.ts";
import { cases, heartbeat, longestGapMs } from "./operations.ts";
import { sample, spread } from "./scale.ts";
import { asked, bystanderOf, expectNothingLost, prepared } from "./survival.ts";

const figures = { points: 0, gapsMs: [] as number[], upMs: [] as number[] };

/** The same heartbeat without any daemon: what the machine itself does to a program meanwhile. */
let control: ChildProcess;
const controlRoot = mkdtempSync(join(tmpdir(), "holdfast-control-"));

beforeAll(() => {
  const { command } = heartbeat(controlRoot);
  const [file = "", ...args] = command.kind === "exec" ? command.argv : [];
  control = spawn(file, args, { stdio: "ignore" });
});

afterAll(() => {
  control.kill("SIGKILL");
  const own = longestGapMs({ root: controlRoot });
  rmSync(controlRoot, { recursive: true });
  const longest = Math.max(...figures.gapsMs);
  console.log(
    `F1: killed at ${figures.points} points: orphans 0, duplicates 0, lost acknowledgements 0; heartbeat gap ${spread(figures.gapsMs)} (without a daemon ${own} ms); next daemon up and all taken over: ${spread(figures.upMs)}`,
  );
  if (figures.points > 10) expect(longest).toBeLessThanOrEqual(300 + own);
});

for (const [index, { name }] of cases("").entries()) {
  test(`F1: ${name}: killed at each failpoint, nothing is lost, doubled or orphaned`, {
    timeout: 900_000,
  }, async () => {
    const points = await passesOf(index);
    expect(points.length).toBeGreaterThanOrEqual(5);
    for (const point of sample(points, 3)) await killAt(index, point);
  });
}

async function killAt(index: number, point: FailpointPass): Promise<void> {
  const daemon = new KillableDaemon();
  try {
    const fault = await prepared(daemon, index);
    const bystander = bystanderOf(daemon);
    await daemon.start(setAt(point, "kill"));
    const acknowledged = await asked(daemon, fault);
    await Promise.race([daemon.gone(), systemClock.sleep(1_000)]);
    if (daemon.isDead) figures.points++;
    const where = `${fault.name}, killed at ${point.name} after ${point.skip} passes`;
    figures.upMs.push(await expectNothingLost(daemon, fault, { bystander, acknowledged, where }));
    figures.gapsMs.push(longestGapMs(daemon));
  } finally {
    await daemon.remove();
  }
}
