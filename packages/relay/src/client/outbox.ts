import {
  type Backoff,
  backoffDelay,
  type Clock,
  describeError,
  type Random,
  type ShutdownToken,
  Wake,
} from "@holdfast/runtime";
import { asyncFailpoint } from "@holdfast/runtime/failpoints";
import type { KeyText } from "../envelope/public-key.ts";
import { isPassing, RefusedError } from "./http/refusal.ts";
import { type CallContext, postEvent } from "./relay-calls.ts";
import type { ClientSettings } from "./settings.ts";
import type { MailStore, OutgoingEvent } from "./store/mail-store.ts";

/** What the outbox works with. */
export interface OutboxOptions {
  readonly settings: ClientSettings;
  readonly store: MailStore;
  readonly call: (token: ShutdownToken) => CallContext;
  readonly backoff: Backoff;
  readonly onRefused: (event: OutgoingEvent, why: string) => void;
  readonly onPosted: (event: OutgoingEvent) => void;
  readonly clock: Clock;
  readonly random: Random;
}

/** How posting to one recipient fares. */
interface Line {
  failures: number;
  /** Monotonic ms. */
  notBefore: number;
}

const batch = 100;

/**
 * Posts what is in the store until a relay has it, each recipient's in order, one at a time, and keeps at it for as long
 * as that may help. Recipients do not wait for each other.
 */
export class Outbox {
  readonly #options: OutboxOptions;
  readonly #wake: Wake;
  readonly #lines = new Map<KeyText, Line>();

  constructor(options: OutboxOptions) {
    this.#options = options;
    this.#wake = new Wake(options.clock);
  }

  /** There is something new, or somebody can be reached again. */
  notify(): void {
    this.#wake.notify();
  }

  /** What waited for its backoff is tried now: the relay is there again. */
  hurry(): void {
    for (const line of this.#lines.values()) line.notBefore = 0;
    this.#wake.notify();
  }

  /** Runs until `token` is cancelled. */
  async run(token: ShutdownToken): Promise<void> {
    while (!token.isCancelled) {
      const waitMs = await this.#pass(token);
      if (waitMs > 0) await this.#wake.wait(waitMs, token);
    }
  }

  /** Posts what is due. Resolves with how long there is nothing to do: 0 if there may be more now. */
  async #pass(token: ShutdownToken): Promise<number> {
    const { store, clock } = this.#options;
    let waiting: readonly OutgoingEvent[];
    try {
      waiting = await store.outgoing(batch * 10);
    } catch {
      return 1_000;
    }
    const byRecipient = Map.groupBy(waiting, ({ recipient }) => recipient);
    for (const recipient of this.#lines.keys())
      if (!byRecipient.has(recipient)) this.#lines.delete(recipient);
    if (byRecipient.size === 0) return Number.POSITIVE_INFINITY;
    const now = clock.monotonic();
    const due = [...byRecipient].filter(([recipient]) => (this.#lines.get(recipient)?.notBefore ?? 0) <= now);
    await Promise.all(
      due.map(([recipient, events]) => this.#postAll(recipient, events.slice(0, batch), token)),
    );
    if (due.length > 0) return 0;
    const next = [...byRecipient.keys()].map((recipient) => this.#lines.get(recipient)?.notBefore ?? now);
    return Math.max(Math.min(...next) - now, 1);
  }

  async #postAll(recipient: KeyText, events: readonly OutgoingEvent[], token: ShutdownToken): Promise<void> {
    const { backoff, random, clock } = this.#options;
    const line = this.#lines.get(recipient) ?? { failures: 0, notBefore: 0 };
    this.#lines.set(recipient, line);
    try {
      for (const event of events) {
        if (token.isCancelled) return;
        await this.#post(event, token);
        line.failures = 0;
      }
    } catch (error) {
      const { retryAfterMs = 0 } = Object(error) as { retryAfterMs?: number };
      line.notBefore = clock.monotonic() + backoffDelay(backoff, ++line.failures, random, retryAfterMs);
    }
  }

  async #post(event: OutgoingEvent, token: ShutdownToken): Promise<void> {
    const { settings, store, call, onPosted } = this.#options;
    const ctx = call(token);
    if (event.expiresAt <= ctx.clock.now())
      return await this.#refuse(event, "it expired before a relay took it");
    const route = await settings.routeTo(event.recipient);
    // May come yet: the recipient is about to be told of, or its token was.
    if (!route) throw new RefusedError(`there is no way to ${event.recipient}`, { status: 0 });
    try {
      await postEvent(route, event, ctx);
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      const { status } = error.details;
      // Of a refusal for good only that of this event is: a token, a slot or a URL can be mended.
      if (isPassing(status) || ![400, 409, 413, 415].includes(status)) throw error;
      await this.#refuse(event, describeError(error));
      return;
    }
    await asyncFailpoint("relay.post.accepted");
    await store.settle(event.id);
    await asyncFailpoint("relay.post.settled");
    onPosted(event);
  }

  async #refuse(event: OutgoingEvent, why: string): Promise<void> {
    await this.#options.store.refuse(event.id, why);
    this.#options.onRefused(event, why);
  }
}
