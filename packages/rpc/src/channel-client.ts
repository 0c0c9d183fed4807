import { type Clock, systemClock } from "@holdfast/runtime";
import type { Channel } from "./channel.ts";
import type { CallOptions, ClientOptions, ClientSubscription } from "./client.ts";
import { defaultMessageLimits, type Message, type MessageLimits, parseMessages } from "./message.ts";
import { cancelMethod } from "./method-table.ts";
import { RpcError } from "./rpc-error.ts";

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

/** The client end of a channel, whatever its methods are: their types are `Client`'s. */
export class ChannelClient {
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
