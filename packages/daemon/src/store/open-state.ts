/** Opens the state of a home, and where that is damaged, puts what is to run back from a backup. Never empty in silence. */
import { existsSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type Clock, HoldfastError, type Timer } from "@holdfast/runtime";
import { hasBackupFiles, readBackup, writeBackup } from "./state-backup.ts";
import { DamagedState } from "./state-damage.ts";
import { StateDatabase } from "./state-database.ts";

/** What was lost, and what it was put back from. */
export interface RestoredState {
  readonly reason: string;
  /** Where the damaged file is now; null where there was none left. */
  readonly movedTo: string | null;
  readonly generation: number;
}

export interface OpenedState extends Disposable {
  readonly database: StateDatabase;
  readonly restored?: RestoredState;
}

/** Changes of what is to run that come within this time share a backup. */
const backupAfterMs = 200;
const backupAgainMs = 5_000;
const keptDamaged = 3;

/**
 * Throws `STATE_UNREADABLE` when it is damaged and no backup is whole, or the system does not let it be read;
 * `STATE_TOO_NEW` as `StateDatabase` does.
 */
export function openState(home: string, clock: Clock): OpenedState {
  const path = join(home, "state.db");
  const backup = readBackup(home);
  const wasThere = existsSync(path);
  try {
    const opened = openWhole(path, backup?.generation ?? 0);
    return withBackups(home, clock, opened);
  } catch (error) {
    if (!(error instanceof DamagedState)) throw error;
    const { reason } = error.details;
    if (backup === undefined) throw unreadable(path, reason, hasBackupFiles(home), error);
    const movedTo = wasThere ? moveAway(home, clock.now()) : null;
    removeAll(path);
    const database = new StateDatabase(path);
    database.restore(backup);
    const restored = { reason, movedTo, generation: backup.generation };
    return withBackups(home, clock, { database, restored });
  }
}

/** One line for whoever reads the daemon's own log. */
export function describeRestored({ reason, movedTo, generation }: RestoredState): string {
  const where = movedTo === null ? "" : `; the damaged file is ${movedTo}`;
  return `state.db is damaged (${reason}): generation ${generation} of what is to run was put back from the backup${where}`;
}

function openWhole(path: string, generation: number): Omit<OpenedState, keyof Disposable> {
  const database = new StateDatabase(path);
  try {
    database.load();
    if (database.generation < generation) {
      throw new DamagedState(
        `it lacks changes that were made: it has generation ${database.generation} of ${generation}`,
      );
    }
    return { database };
  } catch (error) {
    database.close();
    throw error;
  }
}

/** From now on each change of what is to run is written beside the database too. */
function withBackups(home: string, clock: Clock, opened: Omit<OpenedState, keyof Disposable>): OpenedState {
  const { database } = opened;
  let timer: Timer | undefined;
  const write = (): void => {
    timer = undefined;
    try {
      writeBackup(home, database.desired());
    } catch {
      // The database has it all the same; what it needs a backup for may pass.
      timer = clock.setTimeout(write, backupAgainMs);
      timer.unref();
    }
  };
  database.onDesired(() => {
    timer ??= clock.setTimeout(write, backupAfterMs);
  });
  if (readBackup(home)?.generation !== database.generation) write();
  return {
    ...opened,
    [Symbol.dispose]() {
      if (timer !== undefined) write();
      clock.clearTimeout(timer);
      database.close();
    },
  };
}

/** Returns the new name. The last few are kept. */
function moveAway(home: string, now: number): string {
  const name = `state.damaged-${new Date(now).toISOString().replaceAll(":", "-")}.db`;
  for (const ending of ["", "-wal"]) {
    if (existsSync(join(home, `state.db${ending}`)))
      renameSync(join(home, `state.db${ending}`), join(home, `${name}${ending}`));
  }
  const all = readdirSync(home).filter((each) => /^state\.damaged-.+\.db$/.test(each));
  for (const old of all.toSorted().slice(0, -keptDamaged)) removeAll(join(home, old));
  return join(home, name);
}

function removeAll(path: string): void {
  for (const ending of ["", "-wal", "-shm"]) rmSync(`${path}${ending}`, { force: true });
}

function unreadable(path: string, reason: string, hadBackup: boolean, cause: unknown): HoldfastError {
  const backups = hadBackup ? "its backups are damaged too" : "there is no backup of it";
  return new HoldfastError(
    "STATE_UNREADABLE",
    `${path} is damaged (${reason}), and ${backups}; move all state.* files away to begin anew (apps that run go on, unknown to the daemon)`,
    { details: { path }, cause },
  );
}
