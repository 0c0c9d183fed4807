import type { Cancellation, Clock } from "@holdfast/runtime";
import type { Channel } from "./channel.ts";
import { ChannelClient } from "./channel-client.ts";
import type { MessageLimits } from "./message.ts";
import type { EventOf, MethodTypes } from "./method-table.ts";
import type { RpcError } from "./rpc-error.ts";

export interface ClientOptions {
  /** What is taken from the server; 64 MiB a text unless given, since a log can be long. */
  readonly limits?: Partial<MessageLimits>;
  readonly clock?: Clock;
}

export interface CallOptions {
  /** Rejects with `CALL_TIMED_OUT` after this time; the server goes on. Without it a call waits for its reply. */
  readonly timeoutMs?: number;
  /** Rejects with `CALL_CANCELLED` when it is cancelled; the server goes on. */
  readonly token?: Cancellation;
}

/** The methods of `M` that make subscriptions. */
export type SubscriptionMethod<M> = {
  [K in keyof M]: M[K] extends { readonly event: unknown; readonly result: { readonly subscription: string } }
    ? K
    : never;
}[keyof M] &
  string;

export interface ClientSubscription<Result> {
  readonly result: Result;
  /** No event arrives after this returns; resolves when the server knows. Never rejects. */
  cancel(): Promise<void>;
  /** Resolves when it is over: with the `CONNECTION_CLOSED` error where that ended it, else with undefined. */
  readonly ended: Promise<RpcError | undefined>;
}

/** Calls the methods `M` of the server at the other end of a channel. */
export interface Client<M extends MethodTypes<M>> {
  /** Rejects with `RpcError`. */
  call<K extends keyof M & string>(
    method: K,
    params: M[K]["params"],
    options?: CallOptions,
  ): Promise<M[K]["result"]>;
  /** Events come in order, each after the promise of this call could have been awaited or not: none is missed. */
  subscribe<K extends SubscriptionMethod<M>>(
    method: K,
    params: M[K]["params"],
    onEvent: (event: EventOf<M[K]>) => void,
    options?: CallOptions,
  ): Promise<ClientSubscription<M[K]["result"]>>;
  /** Closes the channel: pending calls reject with `CONNECTION_CLOSED`. Idempotent. */
  close(): void;
  /** Resolves with the reason when the connection has ended; never rejects. */
  readonly closed: Promise<RpcError>;
}

/** Makes the client end of `channel`, which nobody else may read from. */
export function createClient<M extends MethodTypes<M>>(
  channel: Channel,
  options: ClientOptions = {},
): Client<M> {
  return new ChannelClient(channel, options) as unknown as Client<M>;
}
