import { type Cursor, formatCursor } from "../../protocol/index.ts";
import { RelayError } from "../relay-error.ts";
import type { SlotRow } from "./relay-store.ts";

/** The newest place of a slot. */
export function headOf({ epoch, head }: Pick<SlotRow, "epoch" | "head">): Cursor {
  return { epoch, seq: head };
}

/** Where pulling begins that wants everything there is. */
export function oldestOf({ epoch, trimmed }: Pick<SlotRow, "epoch" | "trimmed">): Cursor {
  return { epoch, seq: trimmed };
}

/** The sequence to read after. Throws `CURSOR_GONE`: a place that is not known is told, and never taken for another. */
export function placeAfter(after: Cursor | undefined, slot: SlotRow): number {
  if (after === undefined) return slot.trimmed;
  const why = strangeness(after, slot);
  if (why === undefined) return after.seq;
  const [oldest, head] = [formatCursor(oldestOf(slot)), formatCursor(headOf(slot))];
  throw new RelayError(
    "CURSOR_GONE",
    `${formatCursor(after)} ${why}; go on after ${oldest}, and tell that what lay between is missing`,
    { details: { body: { oldest, head } } },
  );
}

function strangeness(after: Cursor, slot: SlotRow): string | undefined {
  if (after.epoch !== slot.epoch) return `is of another epoch than ${slot.epoch}`;
  if (after.seq < slot.trimmed) return `was trimmed, as all up to ${slot.trimmed} were`;
  if (after.seq > slot.head) return `lies beyond the newest event, ${slot.head}`;
  return undefined;
}
