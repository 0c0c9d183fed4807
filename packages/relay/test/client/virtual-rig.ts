/** A client, and those who write to it, at a relay in memory: all in virtual time. */
import { generateKeyPairSync } from "node:crypto";
import {
  type ClientEvent,
  type ClientSettings,
  eventContext,
  type KeyText,
  memoryMailStore,
  RelayClient,
  type RelayClientOptions,
  type SignedEvent,
  type Signer,
  signEvent,
} from "@holdfast/relay";
import { nodeCrypto, nodeSigner } from "@holdfast/relay/node";
import { FakeRelay } from "@holdfast/relay/testing";
import { ShutdownToken, seededRandom } from "@holdfast/runtime";
import { VirtualClock } from "@holdfast/runtime/testing";
import { onTestFinished } from "vitest";

export const crypto = nodeCrypto();
export const somebody = (): Signer => nodeSigner(generateKeyPairSync("ed25519").privateKey);

/** Writes events as a client of its own does. */
export class Writer {
  readonly signer: Signer = somebody();
  readonly #to: KeyText;
  readonly #clock: VirtualClock;
  #sequence = 0;

  constructor(to: KeyText, clock: VirtualClock) {
    this.#to = to;
    this.#clock = clock;
  }

  async write(data: unknown, more: Partial<SignedEvent> = {}): Promise<string> {
    const at = (ms: number) => new Date(this.#clock.now() + ms).toISOString();
    const event: SignedEvent = {
      ...{ specversion: "1.0", context: eventContext, source: this.signer.publicKey, recipient: this.#to },
      ...{ sequence: ++this.#sequence, type: "note", time: at(0), expirytime: at(86_400_000), data },
      ...more,
    };
    return JSON.stringify((await signEvent(event, this.signer, crypto)).envelope);
  }
}

export function virtualRig(more: Partial<RelayClientOptions> & { readonly heartbeatMs?: number } = {}) {
  const clock = new VirtualClock(Date.UTC(2030, 0, 1));
  const relay = new FakeRelay({
    clock,
    ...(more.heartbeatMs !== undefined && { heartbeatMs: more.heartbeatMs }),
  });
  const store = more.store ?? memoryMailStore();
  const mailbox = {
    current: { ...relay.mailbox } as { url: string; slot: string; token: string } | undefined,
  };
  const settings: ClientSettings = {
    mailbox: () => mailbox.current,
    routeTo: () => ({ ...relay.mailbox, token: "post" }),
  };
  const pinned = new Set<KeyText>();
  const client = new RelayClient({
    ...{ signer: somebody(), crypto, transport: relay.transport, store, settings, clock },
    trust: { isPinned: (sender) => pinned.has(sender) },
    random: seededRandom(1),
    ...more,
  });
  const alice = new Writer(client.key, clock);
  pinned.add(alice.signer.publicKey);
  const events: ClientEvent[] = [];
  client.events.subscribe((event) => events.push(event));
  const token = new ShutdownToken();
  const ran = client.run(token);
  onTestFinished(async () => {
    token.cancel({ kind: "user-requested" });
    await clock.advance(0);
    await ran;
  });
  return {
    ...{ clock, relay, store, client, alice, pinned, events, mailbox, token, ran },
    /** Some virtual ms, a few of which let promises of signatures and pages settle. */
    pass: async (ms: number) => {
      await clock.advance(ms);
      for (let turn = 0; turn < 5; turn++) await clock.advance(0);
    },
    dataOf: async () => (await client.inbox(0, 100_000)).map(({ event }) => event.data),
    states: () => events.flatMap((event) => (event.type === "state" ? [event.state.kind] : [])),
    asked: (what: string) => relay.requests.filter((each) => each.what === what),
  };
}
