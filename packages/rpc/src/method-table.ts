import type { ShutdownToken } from "@holdfast/runtime";

/** What one method takes and gives, as it goes over the wire. A method with an `event` makes subscriptions. */
export interface MethodType {
  readonly params: unknown;
  readonly result: unknown;
  readonly event?: unknown;
}

/** An interface with one `MethodType` for each method name. */
export type MethodTypes<M> = { readonly [K in keyof M]: MethodType };

/** What a method's notifications carry. */
export type EventOf<T> = T extends { readonly event: infer Event } ? Event : never;

/** The endpoint's own method, which no table has: it ends a subscription, and does nothing if it has ended. */
export const cancelMethod = "subscriptions.cancel";

/** A program's methods: the table that `serve` looks names up in. */
export type MethodTable<M extends MethodTypes<M>, Context = unknown> = {
  readonly [K in Exclude<keyof M, typeof cancelMethod>]: Method<M[K], Context>;
};

export interface Method<T extends MethodType, Context = unknown> {
  /** Throws where the params are wrong; the caller gets the message with -32602. `undefined`: none were sent. */
  parse(params: unknown): T["params"];
  /** Calls of one connection run at the same time, and their replies go out as they end. */
  call(params: T["params"], context: CallContext<EventOf<T>> & Context): Promise<T["result"]> | T["result"];
}

/** What the endpoint gives to each call, beside the program's own context. */
export interface CallContext<Event = never> {
  /** Cancelled when the connection ends, for work that nobody would get the result of. */
  readonly token: ShutdownToken;
  /**
   * Makes a subscription whose `id` the method puts into its result. It ends with the connection, when the
   * caller cancels it, and at once if the method throws.
   */
  subscribe(): Subscription<Event>;
}

export interface Subscription<Event> {
  readonly id: string;
  /**
   * Sends one event. Those given before the method's reply has gone out are kept and follow it. False means
   * that the reader is behind: go on after `drained()`, or drop what can be dropped. A reader that falls
   * behind by more than the connection's bound is disconnected. Does nothing after the end.
   */
  notify(event: Event): boolean;
  /** Resolves when the reader has caught up, or the connection has ended. */
  drained(): Promise<void>;
  /** Called once when it ends, however it ends; at once if it has. */
  onEnd(listener: () => void): void;
  /** Ends it from this side and tells the caller; idempotent. */
  end(): void;
  readonly ended: boolean;
}
