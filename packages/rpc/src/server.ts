import { type Clock, systemClock, TaskRegistry } from "@holdfast/runtime";
import type { Channel } from "./channel.ts";
import {
  defaultMessageLimits,
  type Id,
  type Message,
  type MessageLimits,
  type Parsed,
  parseMessages,
} from "./message.ts";
import {
  cancelMethod,
  type Method,
  type MethodTable,
  type MethodType,
  type MethodTypes,
} from "./method-table.ts";
import { errorText, methodError, ownError, resultText } from "./reply.ts";
import { type ConnectionEnd, ServerConnection } from "./server-connection.ts";
import type { ServerSubscription } from "./server-subscription.ts";

export interface ServeOptions {
  /** The JSON-RPC numbers of the program's own error codes; -32000 for a code that is not in it. */
  readonly errorNumbers?: Readonly<Record<string, number>>;
  readonly limits?: Partial<MessageLimits>;
  /** Above this the reader is too slow and is disconnected; from half of it `notify` says false. */
  readonly maxBufferedBytes?: number;
  /** Calls that one connection may have under way; above it they are refused. */
  readonly maxCalls?: number;
  /** Told what a method threw that is no `HoldfastError`: the caller learns only that there was one. */
  readonly onError?: (error: unknown, method: string) => void;
  /** Owns the calls under way, as `rpc-handler` tasks named after the method; else the connection does. */
  readonly tasks?: TaskRegistry;
  readonly clock?: Clock;
}

/** One served connection. */
export interface Connection {
  /** Texts that are being answered. */
  readonly calls: number;
  /** Resolves when every text that came so far has been answered, or needed no answer. */
  settled(): Promise<void>;
  /** Resolves when the channel has closed and every subscription has ended; never rejects. */
  readonly closed: Promise<void>;
  /**
   * Tells the peer why, then closes the channel; idempotent. Calls under way have 100 ms to be answered first; those
   * that take longer go on, and their replies are dropped.
   */
  close(reason?: ConnectionEnd): void;
}

/**
 * Answers the calls that come over `channel` from `table`. `context` is given to every call, spread beside the
 * `CallContext`. Only the table's own names are methods.
 */
export function serve<M extends MethodTypes<M>, Context extends object>(
  channel: Channel,
  table: MethodTable<M, Context>,
  context: Context,
  options: ServeOptions = {},
): Connection {
  // The names come from outside: nothing that a table inherits is a method.
  const methods = table as Readonly<Record<string, Method<MethodType, Context>>>;
  return serveMethods(
    channel,
    (name) => (Object.hasOwn(methods, name) ? methods[name] : undefined),
    context,
    options,
  );
}

/** Answers the calls that come over `channel` by the methods that `methodNamed` gives. */
export function serveMethods<Context extends object>(
  channel: Channel,
  methodNamed: (name: string) => Method<MethodType, Context> | undefined,
  context: Context,
  options: ServeOptions,
): Connection {
  const clock = options.clock ?? systemClock;
  const connection = new ServerConnection(channel, options.maxBufferedBytes ?? 4_194_304, clock);
  const limits = { ...defaultMessageLimits, ...options.limits };
  const tasks = options.tasks ?? new TaskRegistry(connection.token, { clock });
  const numbers = options.errorNumbers ?? {};
  const maxCalls = options.maxCalls ?? 1_000;
  let calls = 0;

  async function call(
    id: Id,
    name: string,
    params: unknown,
    made: ServerSubscription<unknown>[],
  ): Promise<string> {
    if (name === cancelMethod) {
      const { subscription } = (params ?? {}) as { readonly subscription?: unknown };
      if (typeof subscription !== "string") {
        return errorText(id, ownError("INVALID_PARAMS", "subscription is no string"));
      }
      connection.cancel(subscription);
      return resultText(id, {});
    }
    const method = methodNamed(name);
    if (method === undefined) return errorText(id, ownError("METHOD_NOT_FOUND", `Method not found: ${name}`));
    if (calls >= maxCalls) {
      return errorText(id, ownError("SERVER_ERROR", `more than ${maxCalls} calls at once on one connection`));
    }
    let parsed: unknown;
    try {
      parsed = method.parse(params);
    } catch (error) {
      return errorText(
        id,
        ownError("INVALID_PARAMS", error instanceof Error ? error.message : String(error)),
      );
    }
    calls++;
    try {
      const result = await method.call(parsed, {
        ...context,
        token: connection.token,
        subscribe: () => connection.subscribe(name, made),
      });
      return resultText(id, result);
    } catch (error) {
      for (const subscription of made) subscription.close();
      const told = methodError(error, numbers);
      if (told.message === "Internal error") options.onError?.(error, name);
      return errorText(id, told);
    } finally {
      calls--;
    }
  }

  /** Resolves with the reply's text, or with nothing where none is owed. */
  async function answer(message: Message, made: ServerSubscription<unknown>[]): Promise<string | undefined> {
    switch (message.kind) {
      case "invalid":
        return errorText(message.id, message.error);
      case "result":
      case "failure":
        return errorText(null, ownError("INVALID_REQUEST", "Invalid Request: a reply that nobody asked for"));
      case "request":
        return await call(message.id, message.method, message.params, made);
      case "notification": {
        const unseen: ServerSubscription<unknown>[] = [];
        await call(null, message.method, message.params, unseen);
        // Nobody learns their ids.
        for (const subscription of unseen) subscription.close();
        return undefined;
      }
    }
  }

  async function receive(parsed: Parsed): Promise<void> {
    const made: ServerSubscription<unknown>[] = [];
    if (parsed.kind === "single") {
      const reply = await answer(parsed.message, made);
      if (reply !== undefined) connection.send(reply);
    } else {
      const replies = await Promise.all(parsed.messages.map((message) => answer(message, made)));
      const owed = replies.filter((reply) => reply !== undefined);
      if (owed.length > 0) connection.send(`[${owed.join(",")}]`);
    }
    // After the reply, so that nobody gets an event of a subscription that they do not know yet.
    for (const subscription of made) subscription.open();
  }

  channel.onText((text) => {
    const parsed = parseMessages(text, limits);
    connection.track(tasks.spawn(taskName(parsed), { kind: "rpc-handler" }, () => receive(parsed)).done);
  });
  return connection;
}

function taskName(parsed: Parsed): string {
  if (parsed.kind === "batch") return `batch of ${parsed.messages.length}`;
  const { message } = parsed;
  return "method" in message ? message.method.slice(0, 100) : message.kind;
}
