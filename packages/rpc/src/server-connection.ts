import { type Clock, HoldfastError, ShutdownToken } from "@holdfast/runtime";
import type { Channel } from "./channel.ts";
import { notification, ServerSubscription } from "./server-subscription.ts";

/** Why a server ended a connection; the caller's `CONNECTION_CLOSED` error carries it. */
export interface ConnectionEnd {
  readonly code: string;
  readonly message: string;
}

/** How often a channel that cannot say when it has drained is looked at while somebody waits. */
const drainLookMs = 5;

/** How long a close waits for calls under way, such as the one that asked for it, to be answered. */
const replyGraceMs = 100;

const mostSubscriptions = 1_000;

/** The life of one served channel: what goes out, how far behind the reader is, and the subscriptions that end with it. */
export class ServerConnection {
  readonly token: ShutdownToken = new ShutdownToken();
  readonly closed: Promise<void>;
  readonly #channel: Channel;
  readonly #maxBufferedBytes: number;
  readonly #clock: Clock;
  readonly #subscriptions = new Map<string, ServerSubscription<never>>();
  #subscriptionsMade = 0;
  readonly #calls = new Set<Promise<unknown>>();
  #draining: Promise<void> | undefined;

  constructor(channel: Channel, maxBufferedBytes: number, clock: Clock) {
    this.#channel = channel;
    this.#maxBufferedBytes = maxBufferedBytes;
    this.#clock = clock;
    this.closed = new Promise((resolve) => {
      channel.onClose((error) => {
        this.#end(error?.message ?? "the connection was closed");
        resolve();
      });
    });
  }

  /** Sends a text; false if the reader is behind, in which case it may have been disconnected. */
  send(text: string): boolean {
    if (this.token.isCancelled) return false;
    // Looked at before: one large text is no sign of a slow reader, but what still waits of earlier ones is.
    if (this.#channel.bufferedBytes > this.#maxBufferedBytes) {
      this.#overflow();
      return false;
    }
    this.#channel.send(text);
    return this.#channel.bufferedBytes <= this.#maxBufferedBytes / 2;
  }

  /** Throws `TOO_MANY_SUBSCRIPTIONS`: what one event costs grows with each. */
  subscribe<Event>(method: string, made: ServerSubscription<unknown>[]): ServerSubscription<Event> {
    if (this.#subscriptions.size >= mostSubscriptions) {
      throw new HoldfastError(
        "TOO_MANY_SUBSCRIPTIONS",
        `more than ${mostSubscriptions} subscriptions on one connection`,
      );
    }
    const id = String(++this.#subscriptionsMade);
    const subscription = new ServerSubscription<Event>(
      id,
      method,
      {
        send: (text) => this.send(text),
        drained: () => this.#drained(),
        overflow: () => this.#overflow(),
        forget: (forgotten) => this.#subscriptions.delete(forgotten),
      },
      this.#maxBufferedBytes,
    );
    if (this.token.isCancelled) {
      subscription.close();
    } else {
      this.#subscriptions.set(id, subscription);
      made.push(subscription);
    }
    return subscription;
  }

  cancel(id: string): void {
    this.#subscriptions.get(id)?.close();
  }

  get calls(): number {
    return this.#calls.size;
  }

  /** Counts a call until its reply has been sent. */
  track(call: Promise<unknown>): void {
    this.#calls.add(call);
    const done = (): void => void this.#calls.delete(call);
    call.then(done, done);
  }

  async settled(): Promise<void> {
    await Promise.allSettled([...this.#calls]);
  }

  close(reason?: ConnectionEnd): void {
    if (this.#calls.size === 0) {
      this.#closeNow(reason);
      return;
    }
    void Promise.race([this.settled(), this.#clock.sleep(replyGraceMs, this.token)]).then(() =>
      this.#closeNow(reason),
    );
  }

  #closeNow(reason: ConnectionEnd | undefined): void {
    if (this.token.isCancelled) return;
    if (reason !== undefined) this.#channel.send(notification("connection.closed", reason));
    this.#end(reason?.message ?? "the connection was closed");
    this.#channel.close();
  }

  #overflow(): void {
    this.#closeNow({
      code: "SLOW_READER",
      message: `${this.#channel.bufferedBytes} bytes wait unread, more than ${this.#maxBufferedBytes}`,
    });
  }

  #drained(): Promise<void> {
    this.#draining ??= this.#waitUntilDrained().finally(() => {
      this.#draining = undefined;
    });
    return this.#draining;
  }

  async #waitUntilDrained(): Promise<void> {
    if (this.#channel.drained !== undefined) {
      await Promise.race([this.#channel.drained(), this.token.cancelled]);
      return;
    }
    while (this.#channel.bufferedBytes > this.#maxBufferedBytes / 4) {
      if ((await this.#clock.sleep(drainLookMs, this.token)) === "cancelled") return;
    }
  }

  #end(message: string): void {
    if (!this.token.cancel({ kind: "requested-by-run", message })) return;
    for (const subscription of [...this.#subscriptions.values()]) subscription.close();
  }
}
