/**
 * A copy of an app's output in a file of the user's choice. The log itself stays the daemon's own, since offsets into
 * it are valid for ever and several apps may name the same file. How far the copy came is kept beside the log, so it
 * goes on where it was after a restart of the daemon; what was written meanwhile follows then.
 */
import { closeSync, constants, fstatSync, openSync, readFileSync, writeFileSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { makeDirectories } from "@holdfast/platform";
import { HoldfastError } from "@holdfast/runtime";
import { readBlock, readLines } from "./lines.ts";

/** An app that floods its log must not keep the daemon from everything else: that is milliseconds. */
const mostAtOnce = 1024 * 1024;

/** How far a copy came. */
export interface CaughtUp {
  /** There is more to be copied, and it can be. */
  readonly isBehind: boolean;
  /** A sentence about what went wrong, if so. */
  readonly failure?: string;
}

export interface CopyTarget {
  readonly path: string;
  /** Stands before every line, in a file that several apps share. */
  readonly label?: string;
  /** True: lines of another log go there, too. */
  readonly wholeLines?: boolean;
}

export class LogCopy {
  readonly #source: string;
  readonly #target: CopyTarget;
  readonly #offsetFile: string;
  #offset: number;

  /**
   * Begins where the last copy ended; the first one begins at `from`. Throws `LOG_NOT_WRITABLE` when the target cannot
   * be written, or is no file: nobody may be made to wait by a pipe.
   */
  constructor(source: string, target: CopyTarget, from: number) {
    this.#source = source;
    this.#target = target;
    this.#offsetFile = `${source}.copied`;
    const known = this.#readOffset();
    this.#offset = known ?? from;
    try {
      makeDirectories(dirname(target.path), 0o777);
      closeSync(openTarget(target.path));
      // Kept from the start: what the app writes before anything was copied belongs to the copy as well.
      if (known === undefined) this.#keepOffset();
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new HoldfastError(
        "LOG_NOT_WRITABLE",
        `its log file ${target.path} cannot be written: ${reason}`,
        {
          cause: error,
        },
      );
    }
  }

  /**
   * Copies what is there now, from `first` on, but no more than 1 MiB of it at once. In a file that several logs share
   * these are whole lines; `atEnd` the unfinished last one too.
   */
  catchUp(first: number, atEnd: boolean): CaughtUp {
    let target: number | undefined;
    this.#offset = Math.max(this.#offset, first);
    try {
      for (const stop = this.#offset + mostAtOnce; this.#offset < stop; ) {
        const { bytes, next } = this.#read(atEnd);
        if (bytes.length === 0) return { isBehind: false };
        target ??= openTarget(this.#target.path);
        const written = writeSync(target, bytes);
        // Less than all, where the disk is full: the rest of a line is not to follow its beginning twice.
        this.#offset = this.#isByLine ? next : this.#offset + written;
        this.#keepOffset();
      }
      return { isBehind: true };
    } catch (error) {
      // The log is whole; the copy goes on from here once its file can be written again.
      const failure = `${this.#target.path} cannot be written: ${(error as Error).message}`;
      return { isBehind: false, failure };
    } finally {
      if (target !== undefined) closeSync(target);
    }
  }

  get #isByLine(): boolean {
    return this.#target.label !== undefined || this.#target.wholeLines === true;
  }

  /** The next piece, as it is to stand in the copy. In a file of its own that is the very bytes, and no work. */
  #read(atEnd: boolean): { readonly bytes: Buffer; readonly next: number } {
    const { label } = this.#target;
    if (!this.#isByLine) {
      const bytes = readBlock(this.#source, this.#offset);
      return { bytes, next: this.#offset + bytes.length };
    }
    const { lines, next } = readLines(this.#source, this.#offset, undefined, atEnd);
    const before = label === undefined ? "" : `${label} | `;
    return { bytes: Buffer.from(lines.map(({ text }) => `${before}${text}\n`).join("")), next };
  }

  #keepOffset(): void {
    writeFileSync(this.#offsetFile, `${this.#offset}\n`, { mode: 0o600 });
  }

  #readOffset(): number | undefined {
    try {
      const offset = Number.parseInt(readFileSync(this.#offsetFile, "utf8"), 10);
      return Number.isSafeInteger(offset) ? offset : undefined;
    } catch {
      return undefined;
    }
  }
}

/** Opens for appending without ever waiting: a pipe that nobody reads would hold up the whole daemon. */
function openTarget(path: string): number {
  const { O_WRONLY, O_APPEND, O_CREAT, O_NONBLOCK } = constants;
  const file = openSync(path, O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK, 0o644);
  if (fstatSync(file).isFile()) return file;
  closeSync(file);
  throw new Error("it is not a file");
}
