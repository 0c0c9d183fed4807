import type { SlotRow } from "../relay-store.ts";
import { type Row, slotOf } from "../rows.ts";

export interface OwnSlotRow extends SlotRow {
  readonly key: number;
}

export function ownSlotOf(row: Row): OwnSlotRow {
  return { key: Number(row["id"]), ...slotOf(row) };
}
