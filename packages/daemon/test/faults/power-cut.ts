import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { systemClock } from "@holdfast/runtime";
import type { Operation } from "../../src/api/contract.ts";
import { openJson } from "../../src/store/sealed-json.ts";
import { type FailpointPass, setAt } from "./failpoint-passes.ts";
import type { StartOptions } from "./killable-daemon.ts";
import type { FaultCase, Sight } from "./operations.ts";
import { PoweredDaemon } from "./powered-daemon.ts";
import type { PowerCut } from "./powered-machine.ts";
import { asked, bystanderOf, everyRowHasItsProgram, prepared, sightOf } from "./survival.ts";

export interface Cut {
  /** Of the case. */
  readonly index: number;
  readonly pass: FailpointPass;
  readonly how: PowerCut;
  /** The daemon is held when the power goes; then it goes on for a moment, with a disk that fails, or never does. */
  readonly goesOn: boolean;
}

/** What came of it. */
export interface AfterCut {
  /** False when the daemon never came by there. */
  readonly wasHeld: boolean;
  readonly isAcknowledged: boolean;
  /** What was acknowledged and is not so; or what is, and nobody asked for. */
  readonly lost: readonly string[];
  /** Why the state could not be read as it was written. */
  readonly unreadable: readonly string[];
}

/** A daemon whose disk is gone runs on for so long, and may answer. */
const goesOnMs = 150;

/** Cuts the power while the daemon is at that failpoint, boots, starts the next daemon, and says what is missing. */
export async function cutPower(
  { index, pass, how, goesOn }: Cut,
  options: StartOptions = {},
): Promise<AfterCut> {
  const daemon = new PoweredDaemon();
  try {
    await daemon.machine.on();
    const fault = await prepared(daemon, index);
    const before = bystanderOf(daemon)?.pid;
    const started = daemon.start(setAt(pass, "1*pause"), options);
    let acknowledged: readonly Operation[] | undefined;
    const asking = started.then(async () => {
      acknowledged = daemon.isDead ? undefined : await asked(daemon, fault);
    });
    asking.catch(() => undefined);
    const wasHeld = await daemon.held(5_000);
    daemon.machine.cutPower(how);
    if (goesOn) {
      daemon.letGoOn();
      await Promise.race([daemon.gone(), systemClock.sleep(goesOnMs)]);
    }
    const told = acknowledged;
    await daemon.reboot();
    await asking.catch(() => undefined);
    const unreadable = unreadableBackups(daemon);
    const said = daemon.errors.length;
    await daemon.start();
    const complaint = daemon.errors.slice(said);
    if (daemon.isDead || complaint.includes("damaged")) unreadable.push(complaint);
    const lost = daemon.isDead ? [] : await missing(daemon, fault, told, before);
    await daemon.kill();
    unreadable.push(...unreadableRows(daemon));
    return { wasHeld, isAcknowledged: told !== undefined, lost, unreadable };
  } finally {
    await daemon.remove();
  }
}

async function missing(
  daemon: PoweredDaemon,
  fault: FaultCase,
  acknowledged: readonly Operation[] | undefined,
  bystanderBefore: number | undefined,
): Promise<readonly string[]> {
  const rows = await daemon.settle();
  const sight = sightOf(daemon, rows);
  const isAcknowledged = acknowledged !== undefined && !fault.isEvent;
  const allowed = isAcknowledged
    ? [fault.to]
    : [fault.from, fault.to, ...(fault.isEvent ? [upAgain(fault)] : [])];
  const lost = allowed.some((each) => isSame(each, sight)) ? [] : [`found ${JSON.stringify(sight)}`];
  const bystander = bystanderOf(daemon)?.pid;
  if (bystander === undefined || bystander === bystanderBefore)
    lost.push("the bystander was not started again");
  for (const row of everyRowHasItsProgram(daemon, rows)) lost.push(`${row.name} is said to be ${row.state}`);
  const known = await daemon.api.call("operations.list", {});
  for (const { id, kind, name } of acknowledged ?? []) {
    const operation = known.find((each) => each.id === id);
    if (operation?.state !== (fault.ends ?? "done"))
      lost.push(`${kind} of ${name} is ${operation?.state ?? "not known"}`);
  }
  if (!isAcknowledged && !fault.isEvent) {
    await fault.ask(daemon);
    const then = sightOf(daemon, await daemon.settle());
    if (!isSame(then, fault.to)) lost.push(`found ${JSON.stringify(then)} when it was asked for again`);
  }
  return lost;
}

/** Nobody acknowledged what happened by itself: with the power it may be forgotten, and what was wanted runs. */
function upAgain({ from }: FaultCase): Sight {
  return { ...from, web: "running 1" };
}

function isSame(a: Sight, b: Sight): boolean {
  const sorted = (sight: Sight): string => JSON.stringify(Object.entries(sight).toSorted());
  return sorted(a) === sorted(b);
}

/** A backup is replaced as a whole: none is ever half there. */
function unreadableBackups(daemon: PoweredDaemon): string[] {
  return ["state.backup.0", "state.backup.1"].flatMap((name) => {
    const path = daemon.machine.seen(join(daemon.home, name));
    if (!existsSync(path)) return [];
    try {
      openJson(readFileSync(path, "utf8"));
      return [];
    } catch (error) {
      return [`${name}: ${String(error)}`];
    }
  });
}

/** Every page and every row, looked at in a copy. */
function unreadableRows(daemon: PoweredDaemon): readonly string[] {
  const copy = mkdtempSync(join(tmpdir(), "holdfast-copy-"));
  try {
    for (const name of ["state.db", "state.db-wal"]) {
      const path = daemon.machine.seen(join(daemon.home, name));
      if (existsSync(path)) copyFileSync(path, join(copy, name));
    }
    const database = new DatabaseSync(join(copy, "state.db"));
    try {
      const check = String(database.prepare("PRAGMA integrity_check").get()?.["integrity_check"]);
      const rows = database.prepare(
        "SELECT spec AS text FROM project UNION ALL SELECT record FROM instance UNION ALL SELECT record FROM operation UNION ALL SELECT event FROM event",
      );
      for (const { text } of rows.all()) openJson(String(text));
      return check === "ok" ? [] : [check];
    } finally {
      database.close();
    }
  } catch (error) {
    return [String(error)];
  } finally {
    rmSync(copy, { recursive: true });
  }
}
