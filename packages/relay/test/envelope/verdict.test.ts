import {
  type Bench,
  eventType,
  type History,
  judge,
  openEnvelope,
  payloadOf,
  type SignedEvent,
  type Signer,
  signPayload,
  toBase64Url,
  type Verdict,
} from "@holdfast/relay";
import { expect, test } from "vitest";
import { benchOf, crypto, eventOf, noon, somebody } from "./event-rig.ts";
import { fromHex, smallOrderKeys } from "./small-order-keys.ts";

const [alice, bob, mallory] = [somebody(), somebody(), somebody()];
const fair = eventOf(alice.publicKey, bob.publicKey);
const day = 86_400_000;
const at = (ms: number) => new Date(ms).toISOString();

interface Case {
  readonly event?: object | string;
  readonly signer?: Signer;
  readonly payloadType?: string;
  readonly history?: History;
  readonly bench?: Partial<Bench>;
  /** Changes what was delivered. */
  readonly tamper?: (envelope: Record<string, unknown>) => unknown;
}

async function verdictOf(given: Case): Promise<Verdict> {
  const { event = fair, signer = alice, payloadType = eventType, tamper = (envelope) => envelope } = given;
  const text = typeof event === "string" ? event : JSON.stringify(event);
  const envelope = await signPayload(payloadType, new TextEncoder().encode(text), signer);
  const opened = await openEnvelope(tamper({ ...envelope }), crypto);
  const payload = opened.kind === "opened" ? payloadOf(opened) : undefined;
  const bench = benchOf(bob.publicKey, [alice.publicKey], given.bench);
  return judge(opened, payload, given.history ?? "new", bench);
}

const shortOf = (verdict: Verdict) =>
  "reason" in verdict ? `${verdict.kind} ${verdict.reason}` : verdict.kind;

test("W-10 an event of a pinned sender, for me, in time and of a kind I know is accepted as it was signed", async () => {
  expect(await verdictOf({})).toEqual({ kind: "accept", event: fair });
});

const changed = (more: Partial<Record<keyof SignedEvent | "extra", unknown>>) => ({ ...fair, ...more });

test.each<readonly [string, Case, string]>([
  ["a signature with one bit changed", { tamper: flipSignature }, "reject bad-signature"],
  ["a payload with one bit changed", { tamper: flipPayload }, "reject bad-signature"],
  [
    "another payload type",
    { tamper: (each) => ({ ...each, payloadType: "text/plain" }) },
    "reject bad-signature",
  ],
  [
    "another's key put under it",
    { tamper: (each) => signedBy(each, mallory.publicKey) },
    "reject bad-signature",
  ],
  ["a key of small order", { tamper: (each) => signedBy(each, smallOrderKey(2)) }, "reject bad-key"],
  ["no key at all", { tamper: (each) => signedBy(each, "alice") }, "reject bad-key"],
  ["no signature", { tamper: (each) => ({ ...each, signatures: [] }) }, "reject malformed"],
  ["two signatures", { tamper: twice }, "reject malformed"],
  ["no envelope", { tamper: () => "hello" }, "reject malformed"],
  ["null", { tamper: () => null }, "reject malformed"],
  ["a payload that is no base64", { tamper: (each) => ({ ...each, payload: "*" }) }, "reject malformed"],
  ["a payload that is no JSON", { event: "{" }, "reject malformed"],
  ["a payload that is a list", { event: [] }, "reject malformed"],
  ["data nested 100,000 deep", { event: "[".repeat(100_000) }, "reject malformed"],
  ["no sequence", { event: changed({ sequence: 0 }) }, "reject malformed"],
  ["a sequence that is no safe integer", { event: changed({ sequence: 2 ** 53 }) }, "reject malformed"],
  ["no time", { event: changed({ time: "yesterday" }) }, "reject malformed"],
  ["two bodies", { event: changed({ data_base64: "" }) }, "reject malformed"],
  ["a signature made for another use", { event: changed({ context: "ssh" }) }, "reject malformed"],
  [
    "a source that did not sign it",
    { event: changed({ source: mallory.publicKey }) },
    "reject not-its-source",
  ],
  ["another recipient", { event: changed({ recipient: mallory.publicKey }) }, "reject wrong-recipient"],
  ["an expiry that has passed", { bench: { receivedAt: noon + 2 * day } }, "reject expired"],
  [
    "an unpinned sender, expired",
    { bench: { receivedAt: noon + 2 * day, isPinned: () => false } },
    "reject expired",
  ],
  ["the very same again", { history: "duplicate" }, "duplicate"],
  [
    "the very same again, long expired",
    { history: "duplicate", bench: { receivedAt: noon + 9 * day } },
    "duplicate",
  ],
  ["a number that another event has", { history: "number-taken" }, "quarantine number-taken"],
  ["a number of which the record is gone", { history: "forgotten" }, "quarantine forgotten"],
  ["a sender who is not pinned", { bench: { isPinned: () => false } }, "quarantine unpinned-sender"],
  ["a kind that nothing takes", { event: changed({ type: "dance" }) }, "quarantine unknown-kind"],
  ["a time to come", { event: changed({ time: at(noon + 61_000) }) }, "quarantine from-the-future"],
  ["a time to come that a clock may be off by", { event: changed({ time: at(noon + 59_000) }) }, "accept"],
  ["an expiry that a clock may be off by", { bench: { receivedAt: noon + day + 59_000 } }, "accept"],
  ["one that came in time and is judged late", { bench: { now: noon + 9 * day } }, "accept"],
  ["a later context", { event: changed({ context: "holdfast.relay/2" }) }, "quarantine newer-schema"],
  ["a later CloudEvents", { event: changed({ specversion: "2.0" }) }, "quarantine newer-schema"],
  [
    "a payload of a later type",
    { payloadType: "application/vnd.holdfast.event2", event: "?" },
    "quarantine newer-schema",
  ],
  [
    "a later context, seen before",
    { event: changed({ context: "holdfast.relay/2" }), history: "duplicate" },
    "duplicate",
  ],
  ["an attribute of the sender's own", { event: changed({ extra: 1 }) }, "accept"],
])("W-10 W-12 %s", async (_, given, expected) => {
  expect(shortOf(await verdictOf(given))).toBe(expected);
});

test("W-10 what is signed for one recipient cannot be delivered to another, with the same bytes", async () => {
  const verdict = await verdictOf({ bench: { recipient: mallory.publicKey } });
  expect(shortOf(verdict)).toBe("reject wrong-recipient");
});

test("W-10 the id is the SHA-256 of the bytes that were signed, so that spelling them otherwise makes another event", async () => {
  const idOf = async (text: string) => {
    const opened = await openEnvelope(
      await signPayload(eventType, new TextEncoder().encode(text), alice),
      crypto,
    );
    return opened.kind === "opened" ? opened.id : opened.why;
  };
  const text = JSON.stringify(fair);
  const digest = await globalThis.crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  expect(await idOf(text)).toBe(toBase64Url(new Uint8Array(digest)));
  expect(await idOf(` ${text}`)).not.toBe(await idOf(text));
});

function flipSignature(envelope: Record<string, unknown>): unknown {
  const [{ keyid, sig }] = envelope["signatures"] as [{ keyid: string; sig: string }];
  return { ...envelope, signatures: [{ keyid, sig: (sig[0] === "A" ? "B" : "A") + sig.slice(1) }] };
}

function flipPayload(envelope: Record<string, unknown>): unknown {
  const payload = String(envelope["payload"]);
  return {
    ...envelope,
    payload: payload.slice(0, 40) + (payload[40] === "A" ? "B" : "A") + payload.slice(41),
  };
}

function signedBy(envelope: Record<string, unknown>, keyid: string): unknown {
  const [{ sig }] = envelope["signatures"] as [{ sig: string }];
  return { ...envelope, signatures: [{ keyid, sig }] };
}

function smallOrderKey(index: number): string {
  return toBase64Url(fromHex(smallOrderKeys[index] ?? ""));
}

function twice(envelope: Record<string, unknown>): unknown {
  return { ...envelope, signatures: [...(envelope["signatures"] as []), ...(envelope["signatures"] as [])] };
}
