import { generateKeyPairSync } from "node:crypto";
import { type Bench, eventContext, type KeyText, type SignedEvent, type Signer } from "@holdfast/relay";
import { nodeCrypto, nodeSigner } from "@holdfast/relay/node";

/** A moment in the life of the events below: wall ms. */
export const noon: number = Date.UTC(2030, 0, 1, 12);

export const crypto = nodeCrypto();

/** Somebody new, with a key of their own. */
export const somebody = (): Signer => nodeSigner(generateKeyPairSync("ed25519").privateKey);

/** An event as a well-meaning sender writes it at noon, good for a day. */
export function eventOf(source: KeyText, recipient: KeyText, more: Partial<SignedEvent> = {}): SignedEvent {
  return {
    ...{ specversion: "1.0", context: eventContext, source, recipient, sequence: 1, type: "greeting" },
    ...{ time: new Date(noon).toISOString(), expirytime: new Date(noon + 86_400_000).toISOString() },
    data: { hello: "world" },
    ...more,
  };
}

/** A bench that pins whom it is told to, and knows greetings. */
export function benchOf(recipient: KeyText, pinned: readonly KeyText[], more: Partial<Bench> = {}): Bench {
  return {
    ...{ recipient, now: noon, receivedAt: noon, skewMs: 60_000 },
    isPinned: (sender) => pinned.includes(sender),
    isKnown: (type) => type === "greeting",
    ...more,
  };
}
