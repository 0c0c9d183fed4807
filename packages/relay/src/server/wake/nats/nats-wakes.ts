/** Wakes over core NATS (https://docs.nats.io/nats-concepts/core-nats): at most once, which is what a wake may be. */
import {
  type ConnectionOptions,
  connect,
  type NatsConnection,
  type Subscription,
} from "@nats-io/transport-node";
import { type Cursor, formatCursor, parseCursor } from "../../../protocol/index.ts";
import { RelayError } from "../../relay-error.ts";
import { unavailable } from "../../store/refusals.ts";
import { SlotListeners } from "../slot-listeners.ts";
import type { WakeBus } from "../wake-bus.ts";

/** What wakes over NATS take. */
export interface NatsWakesOptions {
  /** `HOST:PORT`, or `nats://…`, of any servers of the cluster. */
  readonly servers: readonly string[];
  /** What subjects begin with: relays of one store have one of their own. Default `holdfast.relay.wake`. */
  readonly subject?: string;
  /** Further options of the driver: user, password, token, tls … */
  readonly connection?: Omit<ConnectionOptions, "servers">;
}

/** Connects, and goes on trying to whenever the connection breaks. Rejects with `STORE_UNAVAILABLE` if it cannot now. */
export async function openNatsWakes(options: NatsWakesOptions): Promise<WakeBus> {
  const { servers, subject = "holdfast.relay.wake", connection } = options;
  try {
    const nats = await connect({
      name: "holdfast-relay",
      timeout: 5_000,
      reconnectTimeWait: 500,
      reconnectJitter: 500,
      pingInterval: 10_000,
      ...connection,
      maxReconnectAttempts: -1,
      servers: [...servers],
    });
    return new NatsWakes(nats, subject);
  } catch (error) {
    throw unavailable("NATS cannot be reached", error);
  }
}

class NatsWakes implements WakeBus {
  readonly #nats: NatsConnection;
  readonly #subject: string;
  readonly #subscriptions = new Map<string, Subscription>();
  readonly #gapListeners = new Set<() => void>();
  readonly #listeners: SlotListeners;
  readonly #watched: Promise<void>;
  #isConnected = true;

  constructor(nats: NatsConnection, subject: string) {
    this.#nats = nats;
    this.#subject = subject;
    this.#listeners = new SlotListeners(
      (slot) => this.#begin(slot),
      (slot) => this.#end(slot),
    );
    this.#watched = this.#watch();
  }

  publish(slot: string, head: Cursor): void {
    // The driver would keep what is published while it reconnects, without a limit.
    if (!this.#isConnected || this.#nats.isClosed()) return;
    this.#nats.publish(this.#subjectOf(slot), formatCursor(head));
  }

  subscribe(slot: string, listener: (head: Cursor) => void): () => void {
    return this.#listeners.add(slot, listener);
  }

  onGap(listener: () => void): void {
    this.#gapListeners.add(listener);
  }

  async ready(): Promise<void> {
    if (!this.#isConnected)
      throw new RelayError("STORE_UNAVAILABLE", "NATS is not reached; it is tried again");
    try {
      await this.#nats.flush();
    } catch (error) {
      throw unavailable("NATS is not reached", error);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isConnected = false;
    await this.#nats.close();
    await this.#watched;
  }

  #begin(slot: string): void {
    if (this.#nats.isClosed()) return;
    const subscription = this.#nats.subscribe(this.#subjectOf(slot), {
      callback: (error, message) => {
        const head = error === null ? parseCursor(message.string()) : undefined;
        if (head !== undefined) this.#listeners.tell(slot, head);
      },
    });
    this.#subscriptions.set(slot, subscription);
  }

  #end(slot: string): void {
    if (!this.#nats.isClosed()) this.#subscriptions.get(slot)?.unsubscribe();
    this.#subscriptions.delete(slot);
  }

  /** A dot divides the words of a subject, and a slot may have dots anywhere. */
  #subjectOf(slot: string): string {
    return `${this.#subject}.${slot.replaceAll(".", "%")}`;
  }

  async #watch(): Promise<void> {
    for await (const { type } of this.#nats.status()) {
      if (type === "disconnect" || type === "close") this.#isConnected = false;
      if (type !== "reconnect") continue;
      this.#isConnected = true;
      for (const listener of this.#gapListeners) listener();
    }
  }
}
