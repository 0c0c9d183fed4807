/** Refusals that every store has. */
import { RelayError } from "../relay-error.ts";
import type { NewEvent, SlotQuota, SlotRow } from "./relay-store.ts";

export function noSuchSlot(name: string): RelayError {
  return new RelayError("NO_SUCH_SLOT", `there is no slot ${name}`);
}

export function slotExists(name: string): RelayError {
  return new RelayError("SLOT_EXISTS", `there is a slot ${name} already`);
}

export function tooManySlots(most: number): RelayError {
  return new RelayError("TOO_MANY_SLOTS", `the relay holds ${most} slots, and no more`, {
    details: { retryAfterMs: 60_000 },
  });
}

export function tooManyTokens(most: number): RelayError {
  return new RelayError(
    "TOO_MANY_TOKENS",
    `${most} tokens of that scope, slot and sender live already; revoke one of them first`,
  );
}

export function idReused({ id, sender }: NewEvent): RelayError {
  return new RelayError("ID_REUSED", `${sender} has posted other bytes under the id ${id}`);
}

/** The refusal of one more event, or undefined when the slot takes it. */
export function fullness(
  slot: Pick<SlotRow, "name" | "events" | "bytes">,
  addedBytes: number,
  { maxEvents, maxBytes }: SlotQuota,
): RelayError | undefined {
  const why =
    slot.events >= maxEvents
      ? `${maxEvents} events`
      : slot.bytes + addedBytes > maxBytes
        ? `${slot.bytes} of ${maxBytes} bytes`
        : undefined;
  if (why === undefined) return undefined;
  return new RelayError(
    "SLOT_FULL",
    `${slot.name} holds ${why}; it takes more once some were read or are old`,
    {
      details: { retryAfterMs: 30_000 },
    },
  );
}

/** What the store itself failed with. */
export function unavailable(what: string, cause: unknown): RelayError {
  if (cause instanceof RelayError) return cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new RelayError("STORE_UNAVAILABLE", `${what}: ${reason}`, {
    details: { retryAfterMs: 5_000 },
    cause,
  });
}
