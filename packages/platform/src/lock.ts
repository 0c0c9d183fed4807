import { closeSync, openSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { HoldfastError } from "@holdfast/runtime";

/** The right to be the one daemon of a home. It ends with its holder, however that ends. */
export interface HomeLock {
  /** Gives the home free. Idempotent. */
  release(): void;
  [Symbol.asyncDispose](): Promise<void>;
}

/** `pid` is absent when the holder could not be made out. */
export interface AlreadyRunning {
  readonly home: string;
  readonly pid?: number;
}

export type AlreadyRunningError = HoldfastError<"ALREADY_RUNNING", AlreadyRunning>;

/** Racers get in each other's way for an instant while SQLite climbs from a shared to an exclusive lock. */
const settleMs = 200;
const sqliteBusy = 5;

/**
 * Takes the lock of a home or throws `ALREADY_RUNNING`, after 200 ms at most.
 *
 * It is an exclusive `fcntl` lock, which Node has no call for and SQLite takes for us: a transaction on `lock.db` that
 * never ends and writes nothing. Nothing else may open that file: closing any descriptor of it frees the lock.
 */
export function acquireLock(home: { readonly path: string }): HomeLock {
  const { file, pidFile } = filesOf(home.path);
  // Not imported above: whoever only asks must not pay for SQLite.
  const { DatabaseSync } = process.getBuiltinModule("node:sqlite");
  makeOnce(file);
  const database = new DatabaseSync(file, { timeout: settleMs });
  try {
    database.exec("PRAGMA journal_mode = OFF; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE");
  } catch (error) {
    database.close();
    if ((error as { errcode?: unknown }).errcode !== sqliteBusy) throw error;
    throw alreadyRunning(home.path, holderOf(home.path) ?? readPid(pidFile), error);
  }
  writeFileSync(pidFile, `${process.pid}\n`, { mode: 0o600 });
  return lockOf(database, pidFile);
}

/** The pid of the daemon that holds the lock of a home, if one does. */
export function lockHolder(home: { readonly path: string }): number | undefined {
  return holderOf(home.path);
}

function filesOf(home: string): { readonly file: string; readonly pidFile: string } {
  return { file: join(home, "lock.db"), pidFile: join(home, "daemon.pid") };
}

function lockOf(database: DatabaseSync, pidFile: string): HomeLock {
  let held = true;
  const release = () => {
    if (!held) return;
    held = false;
    rmSync(pidFile, { force: true });
    database.close();
  };
  return {
    release,
    [Symbol.asyncDispose]: async () => release(),
  };
}

/**
 * Readable by us alone. Only made, never opened again: closing it would free the lock that this process may hold. Nobody
 * writes into it, so whatever is in it is damage, which SQLite would take for no database.
 */
function makeOnce(file: string): void {
  try {
    closeSync(openSync(file, "wx", 0o600));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    if (statSync(file).size > 0) truncateSync(file);
  }
}

function alreadyRunning(home: string, pid: number | undefined, cause: unknown): AlreadyRunningError {
  const who = pid === undefined ? "another daemon" : `the daemon with pid ${pid}`;
  return new HoldfastError("ALREADY_RUNNING", `${who} owns ${home}`, {
    details: { home, ...(pid !== undefined && { pid }) },
    cause,
  });
}

/**
 * The kernel knows who holds it, which no file written after the lock was taken can promise. Two file systems may share
 * an inode number: then the file decides.
 */
function holderOf(home: string): number | undefined {
  const { file, pidFile } = filesOf(home);
  try {
    const { ino } = statSync(file);
    const holders = readFileSync("/proc/locks", "latin1").matchAll(
      new RegExp(`POSIX +ADVISORY +WRITE +([1-9]\\d*) [0-9a-f]+:[0-9a-f]+:${ino} `, "g"),
    );
    const pids = [...holders].map(([, pid]) => Number(pid));
    const written = readPid(pidFile);
    return pids.find((pid) => pid === written) ?? pids[0];
  } catch {
    return undefined;
  }
}

function readPid(file: string): number | undefined {
  try {
    return Number.parseInt(readFileSync(file, "latin1"), 10) || undefined;
  } catch {
    return undefined;
  }
}
