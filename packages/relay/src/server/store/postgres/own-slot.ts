import type { SlotRow } from "../relay-store.ts";
import { slotOf } from "../rows.ts";
import type { Row } from "./session.ts";

export interface OwnSlotRow extends SlotRow {
  readonly key: string;
}

export const slotColumns = "id AS slot_id, name, epoch, head, trimmed, events, bytes, created_at";

export function ownSlotOf(row: Row): OwnSlotRow {
  return { key: String(row["slot_id"]), ...slotOf(row) };
}
