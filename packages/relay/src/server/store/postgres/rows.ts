import type { TokenScope } from "../../../protocol/index.ts";
import type { SlotRow, StoredEvent, TokenRow } from "../relay-store.ts";
import type { Row } from "./session.ts";

export interface OwnSlotRow extends SlotRow {
  readonly key: string;
}

// The driver gives a bigint as text.
export function slotOf(row: Row): OwnSlotRow {
  return {
    key: String(row["slot_id"]),
    name: String(row["name"]),
    epoch: String(row["epoch"]),
    head: Number(row["head"]),
    trimmed: Number(row["trimmed"]),
    events: Number(row["events"]),
    bytes: Number(row["bytes"]),
    createdAt: Number(row["created_at"]),
  };
}

export const slotColumns = "id AS slot_id, name, epoch, head, trimmed, events, bytes, created_at";

export function eventOf(row: Row): StoredEvent {
  return {
    seq: Number(row["seq"]),
    sender: String(row["sender"]),
    id: String(row["id"]),
    at: Number(row["at"]),
    envelope: row["envelope"] as Uint8Array,
  };
}

export function tokenOf(row: Row): TokenRow {
  const { slot, sender, expires_at: expiresAt } = row as Record<"slot" | "sender" | "expires_at", unknown>;
  return {
    id: String(row["id"]),
    hash: row["hash"] as Uint8Array,
    scope: row["scope"] as TokenScope,
    slot: slot === null ? undefined : String(slot),
    sender: sender === null ? undefined : String(sender),
    createdAt: Number(row["created_at"]),
    expiresAt: expiresAt === null ? undefined : Number(expiresAt),
  };
}
