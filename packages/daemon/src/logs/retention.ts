/** How much of a log is kept. */
export interface Retention {
  /** The newest so many bytes are kept; a little more may be there until the next older part is let go. */
  readonly maxBytes: number;
  /** What is older than this goes, however little it is. Milliseconds. */
  readonly maxAgeMs?: number;
}

const mebibyte = 1024 * 1024;

/** For an app that says nothing about it. */
export const usualRetention: Retention = { maxBytes: 64 * mebibyte };

/** A smaller bound would be spent on bookkeeping. */
export const leastLogBytes: number = 64 * 1024;

/** What one of two logs keeps that share a bound: half of it at least, and all that the other one leaves. */
export function halfAtLeast(maxBytes: number, beside: number): number {
  return Math.max(maxBytes / 2, maxBytes - beside);
}

export interface LogExtent {
  /** Where the first kept line begins. */
  readonly first: number;
  readonly size: number;
  /** Where the first line begins that is young enough. */
  readonly young: number;
}

/** Where the log has to begin to keep its bounds, line boundaries aside; `first` when nothing has to go. */
export function cutOf({ first, size, young }: LogExtent, { maxBytes }: Retention): number {
  const isTooLong = size - first > maxBytes + slackOf(maxBytes);
  return Math.max(first, young, isTooLong ? size - maxBytes : 0);
}

/** How far a log may outgrow its bound before something is done: an eighth, so that it is done seldom. */
function slackOf(maxBytes: number): number {
  return Math.max(Math.min(maxBytes / 8, 8 * mebibyte), leastLogBytes);
}
