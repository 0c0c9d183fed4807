import { type Cancellation, type Clock, systemClock } from "@holdfast/runtime";
import type { Channel } from "./channel.ts";
import { defaultMessageLimits, type Message, type MessageLimits, parseMessages } from "./message.ts";
import { cancelMethod, type EventOf, type MethodTypes } from "./method-table.ts";
import { RpcError } from "./rpc-error.ts";

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

interface Pending {
  readonly method: string;
  readonly onResult: (result: unknown) => void;
  readonly onFailure: (error: RpcError) => void;
}

/** What the notifications carry that a server sends. */
interface NoticeParams {
  readonly subscription?: unknown;
  readonly event?: unknown;
  readonly message?: unknown;
}

interface Listening {
  readonly onEvent: (event: unknown) => void;
  readonly onEnd: (error: RpcError | undefined) => void;
}

/** Makes the client end of `channel`, which nobody else may read from. */
export function createClient<M extends MethodTypes<M>>(
  channel: Channel,
  options: ClientOptions = {},
): Client<M> {
  return new ChannelClient(channel, options) as unknown as Client<M>;
}

class ChannelClient {
  readonly closed: Promise<RpcError>;
  readonly #channel: Channel;
  readonly #clock: Clock;
  readonly #limits: MessageLimits;
  readonly #pending = new Map<number, Pending>();
  readonly #listening = new Map<string, Listening>();
  #lastId = 0;
  /** What the server said before it closed. */
  #farewell: string | undefined;
  #end: RpcError | undefined;

  constructor(channel: Channel, options: ClientOptions) {
    this.#channel = channel;
    this.#clock = options.clock ?? systemClock;
    this.#limits = { ...defaultMessageLimits, maxBytes: 67_108_864, ...options.limits };
    channel.onText((text) => this.#receive(text));
    this.closed = new Promise((resolve) => {
      channel.onClose((error) => resolve(this.#finish(error)));
    });
  }

  call(method: string, params: unknown, options: CallOptions = {}): Promise<unknown> {
    return this.#request(method, params, options, (result) => result);
  }

  async subscribe(
    method: string,
    params: unknown,
    onEvent: (event: unknown) => void,
    options: CallOptions = {},
  ): Promise<ClientSubscription<unknown>> {
    // Within the turn in which the reply arrives: the first event may be in the very next text.
    return await this.#request(method, params, options, (result) => {
      const { subscription } = result as { readonly subscription: string };
      const { promise: ended, resolve } = Promise.withResolvers<RpcError | undefined>();
      this.#listening.set(subscription, { onEvent, onEnd: resolve });
      const cancel = async (): Promise<void> => {
        if (!this.#listening.delete(subscription)) return;
        resolve(undefined);
        await this.call(cancelMethod, { subscription }).catch(() => undefined);
      };
      return { result, cancel, ended };
    });
  }

  close(): void {
    this.#channel.close();
  }

  #request<T>(
    method: string,
    params: unknown,
    { timeoutMs, token }: CallOptions,
    read: (result: unknown) => T,
  ): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#end !== undefined) {
        reject(this.#end);
        return;
      }
      const id = ++this.#lastId;
      const settle = (): void => {
        this.#pending.delete(id);
        this.#clock.clearTimeout(timer);
        unsubscribe?.();
      };
      const fail = (error: RpcError): void => {
        settle();
        reject(error);
      };
      const stop = (code: string, why: string): void => {
        fail(new RpcError(code, `${method} ${why}`, { details: { method } }));
      };
      const timer =
        timeoutMs === undefined
          ? undefined
          : this.#clock.setTimeout(
              () => stop("CALL_TIMED_OUT", `was not answered in ${timeoutMs} ms`),
              timeoutMs,
            );
      this.#pending.set(id, {
        method,
        onFailure: fail,
        onResult: (result) => {
          settle();
          resolve(read(result));
        },
      });
      let unsubscribe: (() => void) | undefined;
      this.#channel.send(JSON.stringify({ jsonrpc: "2.0", id, method, params }));
      unsubscribe = token?.onCancel(() => stop("CALL_CANCELLED", "was cancelled"));
    });
  }

  #receive(text: string): void {
    const parsed = parseMessages(text, this.#limits);
    for (const message of parsed.kind === "single" ? [parsed.message] : parsed.messages) this.#take(message);
  }

  #take(message: Message): void {
    switch (message.kind) {
      case "result":
        this.#pendingOf(message.id)?.onResult(message.result);
        return;
      case "failure": {
        // Without an id the server could not read one: nobody knows whose reply it is, and none may hang.
        const calls = message.id === null ? [...this.#pending.values()] : [this.#pendingOf(message.id)];
        for (const pending of calls) pending?.onFailure(RpcError.fromReply(pending.method, message.error));
        return;
      }
      case "notification":
        this.#notice(message.method, message.params ?? {});
        return;
      case "invalid": {
        const why = `the server sent no valid message: ${message.error.message}`;
        for (const { method, onFailure } of [...this.#pending.values()]) {
          onFailure(new RpcError("BAD_REPLY", why, { details: { method } }));
        }
        return;
      }
      case "request":
        return;
    }
  }

  #notice(method: string, params: NoticeParams): void {
    if (method === "connection.closed") {
      this.#farewell = String(params.message);
      return;
    }
    const id = String(params.subscription);
    const listening = this.#listening.get(id);
    if (listening === undefined) return;
    if (method === "subscriptions.ended") {
      this.#listening.delete(id);
      listening.onEnd(undefined);
    } else {
      listening.onEvent(params.event);
    }
  }

  #pendingOf(id: unknown): Pending | undefined {
    return typeof id === "number" ? this.#pending.get(id) : undefined;
  }

  #finish(cause: Error | undefined): RpcError {
    const why = this.#farewell ?? cause?.message ?? "the connection was closed";
    const end = new RpcError("CONNECTION_CLOSED", why, { details: { method: "" }, cause });
    this.#end = end;
    for (const { method, onFailure } of [...this.#pending.values()]) {
      onFailure(
        new RpcError("CONNECTION_CLOSED", `${method} was not answered: ${why}`, {
          details: { method },
          cause,
        }),
      );
    }
    for (const { onEnd } of [...this.#listening.values()]) onEnd(end);
    this.#listening.clear();
    return end;
  }
}
