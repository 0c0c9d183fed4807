/** F1: the daemon is killed at every failpoint that an operation comes by, before and after each of its effects. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "@holdfast/runtime";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { AppStatus } from "../../src/api/contract.ts";
import { projectSpec } from "../fakes/app-spec.ts";
import { KillableDaemon } from "./killable-daemon.ts";
import { cases, type FaultCase, heartbeat, longestGapMs, type Sight } from "./operations.ts";
import { sample, spread } from "./scale.ts";

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
    const points = await pointsOf(index);
    expect(points.length).toBeGreaterThan(5);
    for (const point of sample(points, 3)) await killAt(index, point);
  });
}

interface Point {
  readonly name: string;
  /** It is passed so often before. */
  readonly skip: number;
}

/** Every time that the operation comes by a failpoint. */
async function pointsOf(index: number): Promise<readonly Point[]> {
  const hitsAfter = async (asks: boolean): Promise<Readonly<Record<string, number>>> => {
    const daemon = new KillableDaemon();
    const file = join(daemon.root, "hits");
    try {
      const fault = await prepared(daemon, index);
      await daemon.start({ HOLDFAST_FAILPOINT_HITS: file });
      if (asks) {
        await fault.ask(daemon);
        await daemon.settle();
      }
      // The apps run on: their stop is no part of this.
      await daemon.api.call("system.shutdown", { keepApps: true });
      await daemon.gone();
      return JSON.parse(readFileSync(file, "utf8"));
    } finally {
      await daemon.remove();
    }
  };
  const [before, after] = [await hitsAfter(false), await hitsAfter(true)];
  return Object.entries(after).flatMap(([name, count]) => {
    const own = before[name] ?? 0;
    return Array.from({ length: Math.max(0, count - own) }, (_, nth) => ({ name, skip: own + nth }));
  });
}

async function prepared(daemon: KillableDaemon, index: number): Promise<FaultCase> {
  const fault = cases(daemon.root)[index];
  if (fault === undefined) throw new Error("no such case");
  await daemon.start();
  await daemon.api.call("apps.apply", { spec: projectSpec([heartbeat(daemon.root), ...fault.before]) });
  await daemon.settle();
  await fault.prepare?.(daemon);
  await daemon.kill();
  return fault;
}

async function killAt(index: number, { name, skip }: Point): Promise<void> {
  const daemon = new KillableDaemon();
  try {
    const fault = await prepared(daemon, index);
    const where = `${fault.name}, killed at ${name} after ${skip} passes`;
    const [bystander] = daemon.programs().filter(({ app }) => app === "bystander");
    await daemon.start({ HOLDFAST_FAILPOINT: `${name}:${skip === 0 ? "" : `${skip}*off->`}kill` });
    const acknowledged = await (async () => await fault.ask(daemon))().catch(() => undefined);
    await Promise.race([daemon.gone(), systemClock.sleep(1_000)]);
    if (!daemon.isDead) await daemon.kill();
    else figures.points++;

    const began = systemClock.monotonic();
    await daemon.start();
    const rows = await daemon.settle();
    figures.upMs.push(systemClock.monotonic() - began);
    const sight = sightOf(daemon, rows);
    const allowed = acknowledged === undefined ? [fault.from, fault.to] : [fault.to];
    expect(allowed, where).toContainEqual(sight);
    expect(
      daemon.programs().find(({ app }) => app === "bystander"),
      where,
    ).toEqual(bystander);
    expect(everyRowHasItsProgram(daemon, rows), where).toEqual([]);

    if (acknowledged !== undefined) {
      const known = await daemon.api.call("operations.list", {});
      for (const { id } of acknowledged) {
        expect(
          known.find((operation) => operation.id === id),
          where,
        ).toMatchObject({ state: "done" });
      }
    } else if (!fault.isEvent) {
      // The caller, who had no answer, asks again.
      await fault.ask(daemon);
      expect(sightOf(daemon, await daemon.settle()), `${where}, asked again`).toEqual(fault.to);
    }
    figures.gapsMs.push(longestGapMs(daemon));
  } finally {
    await daemon.remove();
  }
}

/** `web: "running 2"` for two live programs of an app whose instances all run. */
function sightOf(daemon: KillableDaemon, rows: readonly AppStatus[]): Sight {
  const programs = daemon.programs();
  const names = new Set([...rows.map(({ name }) => name), ...programs.map(({ app }) => app)]);
  return Object.fromEntries(
    [...names].map((name) => {
      const states = new Set(rows.filter((row) => row.name === name).map(({ state }) => state));
      return [
        name,
        `${[...states].join("/") || "unknown"} ${programs.filter(({ app }) => app === name).length}`,
      ];
    }),
  );
}

/** The rows whose pid is no live program of theirs. */
function everyRowHasItsProgram(daemon: KillableDaemon, rows: readonly AppStatus[]): readonly AppStatus[] {
  const programs = daemon.programs();
  return rows.filter(
    ({ name, state, pid }) =>
      (state === "running") !== programs.some((program) => program.pid === pid && program.app === name),
  );
}
