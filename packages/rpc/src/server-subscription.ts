import type { Subscription } from "./method-table.ts";

/** What a subscription needs of its connection. */
export interface SubscriptionOutlet {
  /** Sends a notification's text; false if the reader is behind. */
  send(text: string): boolean;
  drained(): Promise<void>;
  /** The reader is too far behind. */
  overflow(): void;
  forget(id: string): void;
}

/**
 * One subscription on the server's side.
 *
 *     held → open → ended        held: the reply with its id has not gone out; events wait here, in order
 *     held → ending → ended      ended by the method before its reply: the events and the end follow the reply
 *     held → ended               the method failed, or the connection did
 */
export class ServerSubscription<Event> implements Subscription<Event> {
  readonly id: string;
  readonly #method: string;
  readonly #outlet: SubscriptionOutlet;
  readonly #maxHeldBytes: number;
  readonly #held: string[] = [];
  #heldBytes = 0;
  #state: "held" | "ending" | "open" | "ended" = "held";
  #endListeners: (() => void)[] = [];

  constructor(id: string, method: string, outlet: SubscriptionOutlet, maxHeldBytes: number) {
    this.id = id;
    this.#method = method;
    this.#outlet = outlet;
    this.#maxHeldBytes = maxHeldBytes;
  }

  get ended(): boolean {
    return this.#state === "ended";
  }

  notify(event: Event): boolean {
    const text = notification(this.#method, { subscription: this.id, event });
    switch (this.#state) {
      case "open":
        return this.#outlet.send(text);
      case "held":
        return this.#hold(text);
      case "ending":
      case "ended":
        return false;
    }
  }

  async drained(): Promise<void> {
    if (this.#state === "open") await this.#outlet.drained();
  }

  onEnd(listener: () => void): void {
    if (this.ended) listener();
    else this.#endListeners.push(listener);
  }

  end(): void {
    if (this.#state === "held") this.#state = "ending";
    if (this.#state === "open") this.#sendEnd();
  }

  /** The reply has gone out: what was held follows it. */
  open(): void {
    if (this.#state !== "held" && this.#state !== "ending") return;
    const ending = this.#state === "ending";
    this.#state = "open";
    for (const text of this.#held.splice(0)) this.#outlet.send(text);
    if (ending) this.#sendEnd();
  }

  /** Ends it without a word to the caller. */
  close(): void {
    if (this.ended) return;
    this.#state = "ended";
    this.#outlet.forget(this.id);
    const listeners = this.#endListeners;
    this.#endListeners = [];
    for (const listener of listeners) listener();
  }

  #sendEnd(): void {
    this.#outlet.send(notification("subscriptions.ended", { subscription: this.id }));
    this.close();
  }

  #hold(text: string): boolean {
    this.#held.push(text);
    this.#heldBytes += text.length;
    if (this.#heldBytes > this.#maxHeldBytes) this.#outlet.overflow();
    return this.#heldBytes <= this.#maxHeldBytes / 2;
  }
}

/** The text of a notification. */
export function notification(method: string, params: unknown): string {
  return JSON.stringify({ jsonrpc: "2.0", method, params });
}
