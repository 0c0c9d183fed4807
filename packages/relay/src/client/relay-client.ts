/**
 * The client of a relay.
 *
 * 1. What `send` resolved for is on the disk, and is posted until a relay has it; twice posted is once stored.
 * 2. Mail comes in by one path, whatever made us look; row, cursor and quarantine are one transaction.
 * 3. A stream only wakes: losing it costs latency, never mail.
 */
import {
  type Backoff,
  backoffDelay,
  type Clock,
  EventBus,
  type Loop,
  loop,
  patientBackoff,
  type Random,
  type ShutdownToken,
  systemClock,
  systemRandom,
  TaskScope,
} from "@holdfast/runtime";
import { asyncFailpoint } from "@holdfast/runtime/failpoints";
import { sealBody } from "../envelope/body.ts";
import type { Crypto, Signer } from "../envelope/crypto.ts";
import { signEvent } from "../envelope/envelope.ts";
import { eventContext, type SignedEvent } from "../envelope/event.ts";
import type { KeyText } from "../envelope/public-key.ts";
import type { Bench } from "../envelope/verdict.ts";
import { hasReached, parseCursor } from "../protocol/index.ts";
import { type ClientState, type Facts, stateOf } from "./client-state.ts";
import type { HttpTransport } from "./http/transport.ts";
import type { Rejection } from "./judge-page.ts";
import { Outbox } from "./outbox.ts";
import { Puller, type PullReport } from "./puller.ts";
import type { CallContext } from "./relay-calls.ts";
import type { ClientSettings } from "./settings.ts";
import type {
  Gap,
  InboxEntry,
  MailStore,
  OutgoingEvent,
  QuarantinedEvent,
  Sent,
} from "./store/mail-store.ts";
import { keepSubscribed } from "./subscription.ts";
import { TurnShare } from "./turn-share.ts";

/** What a client tells while it works. */
export type ClientEvent =
  | { readonly type: "state"; readonly state: ClientState }
  /** So many more are in the inbox. */
  | { readonly type: "accepted"; readonly count: number }
  | { readonly type: "quarantined"; readonly event: QuarantinedEvent }
  | { readonly type: "rejected"; readonly rejection: Rejection }
  | { readonly type: "gap"; readonly gap: Gap }
  | { readonly type: "posted"; readonly id: string }
  | { readonly type: "refused"; readonly event: OutgoingEvent; readonly why: string };

/** Whom a client trusts, and what it knows what to do with: asked anew for each page. */
export interface Trust {
  isPinned(sender: KeyText): boolean;
  /** Default: every type. */
  isKnown?(type: string): boolean;
}

/** What a client is made of. Whoever made store and transport disposes of them, after the client has stopped. */
export interface RelayClientOptions {
  readonly signer: Signer;
  readonly crypto: Crypto;
  readonly transport: HttpTransport;
  readonly store: MailStore;
  readonly settings: ClientSettings;
  readonly trust: Trust;
  /** How often to pull without being told to. Default 60,000. */
  readonly everyMs?: number;
  /** Default 100. */
  readonly pageSize?: number;
  /** How many events in quarantine there may be before those of strangers are refused. Default 10,000. */
  readonly maxQuarantined?: number;
  /** A stream without a byte for this long is given up. Default 37,500. */
  readonly idleTimeoutMs?: number;
  /** How far the clocks of others may be wrong. Default 300,000. */
  readonly skewMs?: number;
  /** Between attempts of all kinds. Default: 1 s doubling to 30 s, equal jitter. */
  readonly backoff?: Backoff;
  readonly clock?: Clock;
  readonly random?: Random;
}

/** What is to be sent. */
export interface Message {
  readonly to: KeyText;
  readonly type: string;
  readonly data?: unknown;
  readonly subject?: string;
  /** From now, ms: after that nobody takes it in. Default 7 days. */
  readonly expiresInMs?: number;
  /** The recipient's X25519 key: then only they can read `data`. */
  readonly sealTo?: string;
  /**
   * Names what the caller wants to have sent, 1 to 256 characters: with the same key to the same recipient nothing is sent
   * again, whatever else it says and whatever became of it. Known until a week after the first one's expiry, also after a
   * crash: for a caller that does not know whether its `send` resolved.
   */
  readonly key?: string;
}

const week = 7 * 24 * 3_600_000;
/** How much longer than until its expiry it is remembered who had a number: no clock is set back by more. */
const rememberedMs = week;
const forgetEveryMs = 3_600_000;
/** How often settings are read again after a relay refused what they say. */
const lookEveryMs = 5_000;

/** A mailbox at a relay, and the means to write to others. Runs between `run` and the end of its token. */
export class RelayClient {
  /** Everything that happens, in order. */
  readonly events: EventBus<ClientEvent> = new EventBus();
  readonly #options: RelayClientOptions;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #backoff: Backoff;
  readonly #puller: Puller;
  readonly #outbox: Outbox;
  readonly #pulls: Loop;
  #facts: Facts = { pull: { kind: "none" } };
  #failures = 0;
  #succeeded = 0;
  // Once at the beginning: this may be a version that knows more.
  #judging = true;
  /** When what was from the future may be judged again: monotonic ms. */
  #judgeAt = Number.POSITIVE_INFINITY;
  // One at a time: each takes the next number.
  #sending: Promise<unknown> = Promise.resolve();
  readonly #turns: TurnShare;

  constructor(options: RelayClientOptions) {
    const { clock = systemClock, random = systemRandom, backoff = patientBackoff, store } = options;
    const { everyMs = 60_000 } = options;
    this.#options = options;
    this.#clock = clock;
    this.#turns = new TurnShare(clock);
    this.#random = random;
    this.#backoff = backoff;
    const call = (token: ShutdownToken): CallContext => ({ transport: options.transport, token, clock });
    const tell = (event: ClientEvent) => this.events.publish(event);
    this.#puller = new Puller({
      ...{ settings: options.settings, store, crypto: options.crypto, call },
      bench: () => this.#bench(),
      pageSize: options.pageSize ?? 100,
      maxQuarantined: options.maxQuarantined ?? 10_000,
      onAccepted: (count) => tell({ type: "accepted", count }),
      onQuarantined: (event) => {
        if (event.reason === "from-the-future") this.#judgeAt = clock.monotonic() + everyMs;
        tell({ type: "quarantined", event });
      },
      onRejected: (rejection) => tell({ type: "rejected", rejection }),
      onGap: (gap) => tell({ type: "gap", gap }),
    });
    this.#outbox = new Outbox({
      ...{ settings: options.settings, store, call, backoff, clock, random },
      onPosted: ({ id }) => tell({ type: "posted", id }),
      onRefused: (event, why) => tell({ type: "refused", event, why }),
    });
    this.#pulls = loop({
      steps: [
        {
          name: "judge again",
          when: () => this.#judging || clock.monotonic() >= this.#judgeAt,
          run: (token) => this.#judgeAll(token),
        },
        { name: "pull", run: (token) => this.#pull(token) },
      ],
      everyMs: () =>
        this.#failures > 0 ? Math.min(everyMs, backoffDelay(backoff, this.#failures, random)) : everyMs,
      clock,
    });
  }

  /** The key that others pin. */
  get key(): KeyText {
    return this.#options.signer.publicKey;
  }

  /** How it stands with the relay. */
  get state(): ClientState {
    return stateOf(this.#facts);
  }

  /** Sends, receives and subscribes until `token` is cancelled; then all of it has ended. Once at a time. */
  async run(token: ShutdownToken): Promise<void> {
    const { settings, transport, idleTimeoutMs } = this.#options;
    const [clock, random, backoff] = [this.#clock, this.#random, this.#backoff];
    this.#learn({ stream: { kind: "connecting", attempt: 1 }, pull: { kind: "none" } });
    try {
      await using tasks = new TaskScope(token, { clock });
      tasks.spawn("pulls", { kind: "background-loop" }, (own) => this.#pulls.run(own));
      tasks.spawn("outbox", { kind: "background-loop" }, (own) => this.#outbox.run(own));
      tasks.spawn("forgetting", { kind: "maintenance" }, (own) => this.#keepForgetting(own));
      tasks.spawn("stream", { kind: "background-loop" }, (own) =>
        keepSubscribed(
          {
            ...{ settings, transport, clock, random, backoff, lookEveryMs },
            onWake: () => this.look(),
            pulls: () => this.#succeeded,
            onHead: (head) => void this.#lookAt(head),
            onState: (stream) => this.#hearStream({ ...this.#facts, stream }),
            ...(idleTimeoutMs !== undefined && { idleTimeoutMs }),
          },
          own,
        ),
      );
      await token.cancelled;
    } finally {
      this.#learn({ pull: { kind: "none" } });
    }
  }

  /**
   * Signs a message and puts it into the outbox; resolves once it is on the disk. It is posted by `run`, until a relay has
   * it or it expires. Rejects with what the store says, and then nothing was sent; with `TypeError` for a key that is none.
   */
  send(message: Message): Promise<Sent> {
    if (message.key?.length === 0 || (message.key?.length ?? 0) > 256) {
      return Promise.reject(new TypeError("the key of a message has 1 to 256 characters"));
    }
    const sent = this.#sending.then(() => this.#send(message));
    this.#sending = sent.catch(() => {});
    return sent;
  }

  /** Asks for a pull now; any number of calls while one runs make one more. */
  look(): void {
    void this.#pulls.trigger();
  }

  /** Pulls now, and resolves once that is done: with `undefined` if it failed, or the client does not run any more. */
  async pull(): Promise<PullReport | undefined> {
    const report = await this.#pulls.trigger();
    const end = report?.steps.at(-1);
    return end?.kind === "completed" ? (end.value as PullReport) : undefined;
  }

  /** What was kept because it could not be judged is judged again: after trust or version changed. */
  async judgeAgain(): Promise<PullReport | undefined> {
    this.#judging = true;
    const report = await this.#pulls.trigger();
    const end = report?.steps[0];
    return end?.kind === "completed" ? (end.value as PullReport) : undefined;
  }

  /** Accepted and not acknowledged, those after number `after`, the oldest first. */
  async inbox(after = 0, limit = 100): Promise<readonly InboxEntry[]> {
    return await this.#options.store.inbox(after, limit);
  }

  /** It has been dealt with: it leaves the inbox, and does not come back. Says whether it was there. */
  async acknowledge(id: string): Promise<boolean> {
    return await this.#options.store.acknowledge(id);
  }

  async #send({ to, type, subject, data, sealTo, key, expiresInMs = week }: Message): Promise<Sent> {
    const { signer, crypto, store } = this.#options;
    await this.#turns.take();
    const sent = key === undefined ? undefined : await store.sentAs(to, key);
    if (sent) return sent;
    const sequence = (await store.lastSequence(to)) + 1;
    const now = this.#clock.now();
    const head = { source: signer.publicKey, recipient: to, sequence, type };
    const body =
      sealTo === undefined ? (data === undefined ? {} : { data }) : await sealBody(data, sealTo, head);
    const event: SignedEvent = {
      ...{ specversion: "1.0", context: eventContext, ...head, ...(subject !== undefined && { subject }) },
      time: new Date(now).toISOString(),
      expirytime: new Date(now + expiresInMs).toISOString(),
      ...body,
    };
    const { id, envelope } = await signEvent(event, signer, crypto);
    await asyncFailpoint("relay.send.signed");
    const outgoing = {
      id,
      recipient: to,
      sequence,
      envelope: JSON.stringify(envelope),
      expiresAt: now + expiresInMs,
    };
    await store.enqueue(outgoing, key);
    await asyncFailpoint("relay.send.stored");
    this.#outbox.notify();
    return { id, sequence };
  }

  async #pull(token: ShutdownToken): Promise<PullReport> {
    try {
      const report = await this.#puller.pull(token);
      this.#failures = 0;
      this.#succeeded++;
      this.#learn({ ...this.#facts, pull: { kind: "succeeded" } });
      return report;
    } catch (error) {
      token.throwIfCancelled();
      this.#failures++;
      this.#learn({ ...this.#facts, pull: { kind: "failed", error } });
      throw error;
    }
  }

  async #judgeAll(token: ShutdownToken): Promise<PullReport> {
    this.#judging = false;
    this.#judgeAt = Number.POSITIVE_INFINITY;
    return await this.#puller.judgeAgain(token);
  }

  async #lookAt(head: string): Promise<void> {
    try {
      const [there, here] = [parseCursor(head), parseCursor((await this.#puller.cursor()) ?? "")];
      if (there && here && hasReached(here, there)) return;
    } catch {
      // A store that cannot be read is a matter of the pull, which tells of it.
    }
    this.look();
  }

  #hearStream(facts: Facts): void {
    const before = this.#facts.stream?.kind;
    const isOpen = facts.stream?.kind === "open";
    // What is known of pulls is of the time before; the next one will tell.
    const isNew = isOpen !== (before === "open");
    this.#learn(isNew ? { ...facts, pull: { kind: "none" } } : facts);
    if (isOpen) this.#outbox.hurry();
    // What came while there was no stream, no stream will tell of.
    if (isNew) this.look();
  }

  #learn(facts: Facts): void {
    const before = this.state;
    this.#facts = facts;
    const { state } = this;
    if (!isSame(before, state)) this.events.publish({ type: "state", state });
  }

  #bench(): Omit<Bench, "receivedAt"> {
    const { trust, signer, skewMs = 300_000 } = this.#options;
    return {
      ...{ recipient: signer.publicKey, now: this.#clock.now(), skewMs },
      isPinned: (sender) => trust.isPinned(sender),
      isKnown: (type) => trust.isKnown?.(type) ?? true,
    };
  }

  async #keepForgetting(token: ShutdownToken): Promise<void> {
    while ((await this.#clock.sleep(forgetEveryMs, token)) === "elapsed") {
      try {
        await this.#options.store.forget(this.#clock.now() - rememberedMs);
      } catch {
        // A full disk: the next hour will do.
      }
    }
  }
}

function isSame(a: ClientState, b: ClientState): boolean {
  const before = new Map<string, unknown>(Object.entries(a));
  const now = Object.entries(b);
  return before.size === now.length && now.every(([name, value]) => Object.is(before.get(name), value));
}
