/** What the rows of either database mean: they name their columns alike. */
import type { TokenScope } from "../../protocol/index.ts";
import type { SlotRow, StoredEvent, TokenRow } from "./relay-store.ts";

export type Row = Readonly<Record<string, unknown>>;

// PostgreSQL's driver gives a bigint as text.
export function slotOf(row: Row): SlotRow {
  return {
    name: String(row["name"]),
    epoch: String(row["epoch"]),
    head: Number(row["head"]),
    trimmed: Number(row["trimmed"]),
    events: Number(row["events"]),
    bytes: Number(row["bytes"]),
    createdAt: Number(row["created_at"]),
  };
}

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
