import type { Opened, Unsigned } from "./envelope.ts";
import { eventType, type ParsedPayload, parsePayload, type SignedEvent } from "./event.ts";
import type { KeyText } from "./public-key.ts";

/** What is known of an event from those that came before it. */
export type History =
  /** Neither it nor another with its number. */
  | "new"
  /** The very same is in the inbox, in quarantine, or was and is done with. */
  | "duplicate"
  /** Another event of the sender has its number. */
  | "number-taken"
  /** Its number is so old that the record of who had it is gone. */
  | "forgotten";

/** Why an event is refused for good. */
export type RejectReason = Unsigned["reason"] | "not-its-source" | "wrong-recipient" | "expired";

/** Why an event cannot be judged yet, and is kept until it can. */
export type QuarantineReason =
  | "newer-schema"
  | "unpinned-sender"
  | "unknown-kind"
  | "from-the-future"
  | "number-taken"
  | "forgotten";

/** What becomes of an event. A rejected one leaves no trace but a count; a duplicate none at all. */
export type Verdict =
  | { readonly kind: "accept"; readonly event: SignedEvent }
  | { readonly kind: "duplicate" }
  | { readonly kind: "reject"; readonly reason: RejectReason; readonly why: string }
  | { readonly kind: "quarantine"; readonly reason: QuarantineReason; readonly why: string };

/** In whose place, when, and with whose trust an event is judged. */
export interface Bench {
  readonly recipient: KeyText;
  /** Wall ms: that of the moment, and that of when the event was first seen, which is what must be before its expiry. */
  readonly now: number;
  readonly receivedAt: number;
  /** How far other people's clocks may be wrong, in ms. */
  readonly skewMs: number;
  isPinned(sender: KeyText): boolean;
  /** Whether something here knows what to do with events of that type. */
  isKnown(type: string): boolean;
}

/** The payload of an opened envelope, where its type is one that is known here. */
export function payloadOf({ payloadType, payload }: Opened): ParsedPayload {
  return payloadType === eventType ? parsePayload(payload) : { kind: "newer", version: payloadType };
}

/**
 * Decides about one event. Pure. What is wrong for good comes first, then what has been seen, then what may change: so
 * a quarantined event is one whose signature holds, and a later look may end in any of the other three.
 */
export function judge(
  opened: Opened | Unsigned,
  payload: ParsedPayload | undefined,
  history: History,
  bench: Bench,
): Verdict {
  if (opened.kind === "unsigned") return reject(opened.reason, opened.why);
  if (!payload || payload.kind === "malformed") {
    return reject("malformed", payload?.why ?? "there is no payload");
  }
  if (payload.kind === "newer") {
    if (history === "duplicate") return { kind: "duplicate" };
    return quarantine("newer-schema", `it is written in ${payload.version}`);
  }
  const { event } = payload;
  if (event.source !== opened.sender)
    return reject("not-its-source", "it was signed by another than its source");
  if (event.recipient !== bench.recipient) return reject("wrong-recipient", `it is for ${event.recipient}`);
  if (history === "duplicate") return { kind: "duplicate" };
  if (Date.parse(event.expirytime) + bench.skewMs <= bench.receivedAt) {
    return reject("expired", `it was good until ${event.expirytime}`);
  }
  if (history !== "new") return quarantine(history, `number ${event.sequence} of its sender came before`);
  if (!bench.isPinned(event.source)) return quarantine("unpinned-sender", `${event.source} is not trusted`);
  if (Date.parse(event.time) - bench.skewMs > bench.now)
    return quarantine("from-the-future", `it is of ${event.time}`);
  if (!bench.isKnown(event.type)) return quarantine("unknown-kind", `nothing here takes ${event.type}`);
  return { kind: "accept", event };
}

function reject(reason: RejectReason, why: string): Verdict {
  return { kind: "reject", reason, why };
}

function quarantine(reason: QuarantineReason, why: string): Verdict {
  return { kind: "quarantine", reason, why };
}
