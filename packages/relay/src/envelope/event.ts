import { nestsDeeperThan } from "@holdfast/rpc";
import * as v from "valibot";
import type { KeyText } from "./public-key.ts";

/** The media type of a payload, and the `payloadType` of its DSSE envelope. */
export const eventType = "application/vnd.holdfast.event+json";

/** Says for which use a signature was made, so that it holds for no other. */
export const eventContext = "holdfast.relay/1";

/** How deep `data` may be nested. */
const deepest = 64;

/**
 * What a sender says, and signs: a CloudEvents 1.0 event in JSON, with the extensions `context`, `recipient`,
 * `sequence` and `expirytime`. Its `id` is not in it, being the SHA-256 of these very bytes.
 */
export interface SignedEvent {
  readonly specversion: "1.0";
  readonly context: typeof eventContext;
  /** The sender's key. */
  readonly source: KeyText;
  readonly recipient: KeyText;
  /** Counts the events of this sender to this recipient, from 1. A sender may leave numbers out, and uses none twice. */
  readonly sequence: number;
  readonly type: string;
  readonly subject?: string;
  /** RFC 3339, as is `expirytime`: from then on it is not to be taken in. */
  readonly time: string;
  readonly expirytime: string;
  readonly datacontenttype?: string;
  readonly data?: unknown;
  /** Instead of `data`: bytes in base64, as for an encrypted body. */
  readonly data_base64?: string;
}

/** What a payload turned out to be. `newer`: written for a later version of this, and to be judged by that. */
export type ParsedPayload =
  | { readonly kind: "event"; readonly event: SignedEvent }
  | { readonly kind: "newer"; readonly version: string }
  | { readonly kind: "malformed"; readonly why: string };

const text = (most = 256) => v.pipe(v.string(), v.minLength(1), v.maxLength(most));

const time = v.pipe(
  v.string(),
  v.regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/, "is no time of RFC 3339"),
  v.check((written) => !Number.isNaN(Date.parse(written)), "is no time of RFC 3339"),
);

const key = v.custom<KeyText>((given) => typeof given === "string" && given.length === 43, "is no key");

const headSchema = v.object({ context: text(), specversion: text() });

// Attributes that are not known here are a sender's own, and left out.
const eventSchema = v.pipe(
  v.object({
    specversion: v.literal("1.0"),
    context: v.literal(eventContext),
    source: key,
    recipient: key,
    sequence: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
    type: text(),
    subject: v.exactOptional(text(1_024)),
    time,
    expirytime: time,
    datacontenttype: v.exactOptional(text()),
    data: v.exactOptional(v.unknown()),
    data_base64: v.exactOptional(v.string()),
  }),
  v.check((event) => !("data" in event && "data_base64" in event), "there is one body"),
);

/** Reads the payload of an envelope whose signature has been looked at. Never throws. */
export function parsePayload(payload: Uint8Array): ParsedPayload {
  let value: unknown;
  try {
    const json = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(payload);
    if (nestsDeeperThan(json, deepest)) return malformed(`it is nested deeper than ${deepest}`);
    value = JSON.parse(json);
  } catch {
    return malformed("it is no JSON in UTF-8");
  }
  const head = v.safeParse(headSchema, value);
  if (!head.success) return malformed(tellIssue(head.issues[0]));
  const { context, specversion } = head.output;
  if (!context.startsWith("holdfast.relay/")) return malformed("it was signed for another use");
  if (context !== eventContext || specversion !== "1.0") {
    return { kind: "newer", version: `${context}, CloudEvents ${specversion}` };
  }
  const event = v.safeParse(eventSchema, value);
  return event.success ? { kind: "event", event: event.output } : malformed(tellIssue(event.issues[0]));
}

function tellIssue(issue: v.BaseIssue<unknown>): string {
  return `${v.getDotPath(issue) ?? "it"}: ${issue.message}`;
}

function malformed(why: string): ParsedPayload {
  return { kind: "malformed", why };
}
