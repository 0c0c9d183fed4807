import { HoldfastError } from "@holdfast/runtime";

/** The file `state.db` is not as it was written. */
export class DamagedState extends HoldfastError<"STATE_DAMAGED", { readonly reason: string }> {
  constructor(reason: string, cause?: unknown) {
    super("STATE_DAMAGED", `state.db is damaged: ${reason}`, {
      details: { reason },
      ...(cause === undefined ? {} : { cause }),
    });
  }
}

/**
 * SQLite's own codes for a file that is not what it was: `ERROR` (a table is missing, or there already), `READONLY`
 * (its header names a later format), `CORRUPT`, `TOOBIG`, `FORMAT`, `NOTADB`.
 */
const codes: readonly unknown[] = [1, 8, 11, 18, 24, 26];

/** True when an error of SQLite, or of reading what is kept in it, can only come from a damaged file. */
export function isDamage(error: unknown): boolean {
  if (error instanceof SyntaxError) return true;
  const { errcode } = error as { errcode?: unknown };
  // The low byte is the code; what is above says more of it.
  return typeof errcode === "number" && codes.includes(errcode & 0xff);
}

const full = 13;

/** What a failed write is told as. */
export function unwritten(error: unknown): HoldfastError {
  const { errcode } = error as { errcode?: unknown };
  const reason = error instanceof Error ? error.message : String(error);
  return errcode === full
    ? new HoldfastError("E_NO_SPACE", `the disk is full: state.db could not be written (${reason})`, {
        cause: error,
      })
    : new HoldfastError("STATE_UNWRITABLE", `state.db could not be written: ${reason}`, { cause: error });
}
