/**
 * A place in a mailbox, `EPOCH:SEQ` on the wire. `seq` counts the events of a slot from 1; `epoch` names one life of the
 * slot, so that a place in a mailbox that was made anew is not taken for one in this.
 */
export interface Cursor {
  readonly epoch: string;
  readonly seq: number;
}

const form = /^(?<epoch>[A-Za-z0-9_-]{1,64}):(?<seq>0|[1-9]\d{0,15})$/;

/** Reads `EPOCH:SEQ`; undefined for anything else. */
export function parseCursor(text: string): Cursor | undefined {
  const { epoch, seq } = form.exec(text)?.groups ?? {};
  if (epoch === undefined || seq === undefined) return undefined;
  const number = Number(seq);
  return Number.isSafeInteger(number) ? { epoch, seq: number } : undefined;
}

/** Writes `EPOCH:SEQ`. */
export function formatCursor({ epoch, seq }: Cursor): string {
  return `${epoch}:${seq}`;
}

/** True when `cursor` stands at `head` or beyond it, in the same epoch: there is nothing to pull. */
export function hasReached(cursor: Cursor, head: Cursor): boolean {
  return cursor.epoch === head.epoch && cursor.seq >= head.seq;
}
