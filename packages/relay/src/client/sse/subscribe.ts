import {
  type Backoff,
  type Clock,
  type GateOwner,
  HoldfastError,
  patientBackoff,
  type Random,
  type SessionContext,
  type ShutdownToken,
  type StreamState,
  stream,
  systemClock,
  systemRandom,
} from "@holdfast/runtime";
import type { MaybePromise } from "../../envelope/crypto.ts";
import { longestWaitMs, UnauthorisedError } from "../http/refusal.ts";
import type { HttpTransport } from "../http/transport.ts";
import { openSse, type SseRequest, type SseStream } from "./open.ts";
import type { SseItem } from "./reader.ts";

/** What to ask for, read anew at every attempt: a token that was exchanged meanwhile is used at the next. */
export type SseTarget = Omit<SseRequest, "token" | "lastEventId" | "alive">;

/** A stream of server-sent events that is kept open. */
export interface SseSubscription {
  target(): MaybePromise<SseTarget>;
  /** Each item in order, one at a time. What it throws is kept from the stream. */
  onItem(item: SseItem): unknown;
  /** Whether an item proves that the server does its work, so that the backoff starts over. Default: every event does. */
  readonly counts?: (item: SseItem) => boolean;
  readonly lastEventId?: string;
  readonly transport: HttpTransport;
  /** A session without a byte for this long is given up (code `STREAM_IDLE`). Default 37,500: 2.5 heartbeats of 15 s. */
  readonly idleTimeoutMs?: number;
  /** Default: 1 s doubling to 30 s, equal jitter. */
  readonly backoff?: Backoff;
  /** Default 10,000. */
  readonly healthyAfterMs?: number;
  readonly onState?: (state: StreamState) => void;
  readonly gate?: GateOwner;
  readonly clock?: Clock;
  readonly random?: Random;
}

/** The stream ended after the server had said when to come again. */
class ComeAgainError extends HoldfastError<"STREAM_ENDED_FOR_NOW"> {
  readonly retryAfterMs: number;

  constructor(retryAfterMs: number, cause?: unknown) {
    const message = `the stream ended, and is to be asked for again in ${retryAfterMs} ms`;
    super("STREAM_ENDED_FOR_NOW", message, { cause });
    this.retryAfterMs = retryAfterMs;
  }
}

/** How much later than it was told to a client may come, as part of the time: not all at once. */
const spread = 0.25;

/**
 * Keeps the stream open until `token` is cancelled: a session that lived, or brought an event, starts the backoff over;
 * one that lived and was closed is asked for again at once. Rejects with `TerminalError` on 204, 403, 404 and 410, and
 * with `UnauthorisedError` on a 401 that a second look at `target` did not change.
 */
export function subscribeSse(options: SseSubscription, token: ShutdownToken): Promise<void> {
  const { clock = systemClock, random = systemRandom, counts = ({ kind }) => kind === "event" } = options;
  const last = { eventId: options.lastEventId ?? "" };
  const tell = async (item: SseItem): Promise<void> => {
    try {
      await options.onItem(item);
    } catch {
      // Whoever is told of a wake answers for what follows from it.
    }
  };

  const open = async (target: SseTarget, ctx: SessionContext<never>): Promise<SseStream> => {
    const { token: session, alive } = ctx;
    const asked = { ...target, token: session, alive, lastEventId: last.eventId };
    return await openSse(asked, options.transport, clock.now());
  };
  const connect = async (ctx: SessionContext<never>): Promise<AsyncIterable<SseItem>> => {
    const target = await options.target();
    try {
      return session(await open(target, ctx), target);
    } catch (error) {
      if (!(error instanceof UnauthorisedError)) throw error;
      const again = await options.target();
      if (isSame(target, again)) throw error;
      return session(await open(again, ctx), again);
    }
  };
  async function* session(opened: SseStream, target: SseTarget): AsyncGenerator<SseItem, void, undefined> {
    let failed: { readonly error: unknown } | undefined;
    try {
      for await (const item of opened.items) {
        last.eventId = opened.lastEventId;
        if (counts(item)) yield item;
        else await tell(item);
      }
    } catch (error) {
      failed = { error };
    } finally {
      last.eventId = opened.lastEventId;
    }
    // Told to come later, unless it was only said to whoever had the token before.
    if (opened.retryMs !== undefined && isSame(target, await options.target())) {
      throw new ComeAgainError(Math.min(opened.retryMs, longestWaitMs), failed?.error);
    }
    if (failed) throw failed.error;
  }

  return stream<SseItem>(
    {
      connect,
      onEvent: tell,
      onFailure: (error) => {
        const { retryAfterMs = 0 } = Object(error) as { retryAfterMs?: number };
        return retryAfterMs > 0 ? { retryAfterMs: retryAfterMs * (1 + spread * random.next()) } : undefined;
      },
      backoff: options.backoff ?? patientBackoff,
      healthyAfterMs: options.healthyAfterMs ?? 10_000,
      idleTimeoutMs: options.idleTimeoutMs ?? 37_500,
      ...(options.onState && { onState: options.onState }),
      ...(options.gate && { gate: options.gate }),
      ...{ clock, random },
    },
    token,
  );
}

function isSame(a: SseTarget, b: SseTarget): boolean {
  return a.url.href === b.url.href && a.headers?.["authorization"] === b.headers?.["authorization"];
}
