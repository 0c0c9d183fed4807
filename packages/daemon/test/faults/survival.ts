import { systemClock } from "@holdfast/runtime";
import { expect } from "vitest";
import type { AppStatus, Operation } from "../../src/api/contract.ts";
import { projectSpec } from "../fakes/app-spec.ts";
import type { KillableDaemon, Program } from "./killable-daemon.ts";
import { cases, type FaultCase, heartbeat, type Sight } from "./operations.ts";

/** Brings a home to where the case begins; no daemon runs then. */
export async function prepared(daemon: KillableDaemon, index: number): Promise<FaultCase> {
  const fault = cases(daemon.root)[index];
  if (fault === undefined) throw new Error("no such case");
  await daemon.start();
  await daemon.api.call("apps.apply", { spec: projectSpec([heartbeat(daemon.root), ...fault.before]) });
  await daemon.settle();
  await fault.prepare?.(daemon);
  await daemon.kill();
  return fault;
}

/** What the daemon acknowledged; undefined when it was killed before it could, or refused. */
export async function asked(
  daemon: KillableDaemon,
  fault: FaultCase,
): Promise<readonly Operation[] | undefined> {
  try {
    return await fault.ask(daemon);
  } catch {
    return undefined;
  }
}

export function bystanderOf(daemon: KillableDaemon): Program | undefined {
  return daemon.programs().find(({ app }) => app === "bystander");
}

export interface Survival {
  readonly bystander: Program | undefined;
  readonly acknowledged: readonly Operation[] | undefined;
  readonly where: string;
}

/**
 * Kills the daemon, if it lives, starts the next one, and expects that what was acknowledged is done, that what was
 * not is done or not begun, and that every program has its row and every row its program. Returns how long the next one
 * took until nothing was under way, in milliseconds.
 */
export async function expectNothingLost(
  daemon: KillableDaemon,
  fault: FaultCase,
  { bystander, acknowledged, where }: Survival,
): Promise<number> {
  await daemon.kill();
  const began = systemClock.monotonic();
  await daemon.start();
  const rows = await daemon.settle();
  const upMs = systemClock.monotonic() - began;
  const allowed = acknowledged === undefined ? [fault.from, fault.to] : [fault.to];
  expect(allowed, where).toContainEqual(sightOf(daemon, rows));
  expect(bystanderOf(daemon), where).toEqual(bystander);
  expect(everyRowHasItsProgram(daemon, rows), where).toEqual([]);
  if (acknowledged !== undefined) {
    const known = await daemon.api.call("operations.list", {});
    for (const { id } of acknowledged) {
      const operation = known.find((each) => each.id === id);
      expect(operation, where).toMatchObject({ state: fault.ends ?? "done" });
    }
    await expectSameAgain(daemon, fault, acknowledged, where);
  } else if (!fault.isEvent) {
    // The caller, who had no answer, asks again.
    await fault.ask(daemon);
    expect(sightOf(daemon, await daemon.settle()), `${where}, asked again`).toEqual(fault.to);
  }
  return upMs;
}

/** The same request is sent again: by its key it is known, and without one there is nothing left to be done. */
async function expectSameAgain(
  daemon: KillableDaemon,
  fault: FaultCase,
  acknowledged: readonly Operation[],
  where: string,
): Promise<void> {
  if (fault.isEvent || fault.ends !== undefined) return;
  const before = daemon.programs();
  const again = await fault.ask(daemon);
  const known = new Set(acknowledged.map(({ id }) => id));
  expect(
    again.filter(({ id }) => !known.has(id)),
    `${where}, asked again`,
  ).toEqual([]);
  await daemon.settle();
  expect(daemon.programs(), `${where}, asked again`).toEqual(before);
}

/** `web: "running 2"` for two live programs of an app whose instances all run. */
export function sightOf(daemon: KillableDaemon, rows: readonly AppStatus[]): Sight {
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

/** The rows whose pid is no live program of theirs: none. */
export function everyRowHasItsProgram(
  daemon: KillableDaemon,
  rows: readonly AppStatus[],
): readonly AppStatus[] {
  const programs = daemon.programs();
  return rows.filter(
    ({ name, state, pid }) =>
      (state === "running") !== programs.some((program) => program.pid === pid && program.app === name),
  );
}
