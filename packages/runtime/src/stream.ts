import { type Backoff, backoffDelay } from "./backoff.ts";
import { type Clock, systemClock } from "./clock.ts";
import { HoldfastError, surface } from "./errors.ts";
import type { GateOwner } from "./gate.ts";
import { type Random, systemRandom } from "./random.ts";
import { CancelledError, type ShutdownToken } from "./shutdown.ts";

/**
 * connecting → open → waiting → connecting      the session ended, or never opened
 *              open → connecting                a session that lived long enough ended
 *              any → closed                     the token was cancelled, or `onFailure` gave up
 * `until` is wall ms.
 */
export type StreamState =
  | { readonly kind: "connecting"; readonly attempt: number }
  | { readonly kind: "open"; readonly since: number }
  | { readonly kind: "waiting"; readonly attempt: number; readonly until: number; readonly error?: unknown }
  | { readonly kind: "closed"; readonly error?: unknown };

/** What to do about a session that failed. The delay of `retryAfterMs` takes the place of the backoff's. */
export type FailureAnswer = "retry" | "end" | { readonly retryAfterMs: number };

export interface StreamOptions<E, C> {
  /** Opens a session; its events end when the session does. `cursor` is that of the last event handled. */
  connect(ctx: { readonly token: ShutdownToken; readonly cursor: C | undefined }): Promise<AsyncIterable<E>>;
  /** Handles events one by one. An error is told to `onError`, and the stream goes on. */
  onEvent(event: E): unknown;
  readonly onError?: (error: unknown, event: E) => void;
  /** Where to go on from after this event; `undefined` leaves the cursor. */
  readonly cursorOf?: (event: E) => C | undefined;
  readonly cursor?: C;
  readonly onFailure?: (error: unknown) => FailureAnswer;
  /** Default: 1 s doubling to 30 s, equal jitter. Starts over after an event or a healthy session. */
  readonly backoff?: Backoff;
  /** A session without an event for this long is given up (code `STREAM_IDLE`). Default: never. */
  readonly idleTimeoutMs?: number;
  /** After a session that lived this long the next is tried at once. Default 60,000. */
  readonly healthyAfterMs?: number;
  /** Opened while a session is, closed while waiting. */
  readonly gate?: GateOwner;
  readonly onState?: (state: StreamState) => void;
  readonly clock?: Clock;
  readonly random?: Random;
}

type SessionEnd = { readonly openedAt?: number; readonly events: number; readonly error?: unknown };

const defaultBackoff: Backoff = { initialMs: 1_000, factor: 2, maxMs: 30_000, jitter: "equal" };

/**
 * Keeps a session open until `token` is cancelled, reconnecting for ever unless `onFailure` gives up; then it
 * rejects with that error. A server that opens and closes at once cannot make it spin: without an event
 * each such session counts as a failed attempt.
 */
export async function stream<E, C = never>(
  options: StreamOptions<E, C>,
  token: ShutdownToken,
): Promise<void> {
  const { backoff = defaultBackoff, healthyAfterMs = 60_000, gate, onFailure } = options;
  const { clock = systemClock, random = systemRandom } = options;
  const box: { cursor: C | undefined } = { cursor: options.cursor };
  let attempt = 1;
  const enter = (state: StreamState) => {
    // A connecting stream keeps the gate as it was: after a healthy session nothing is lost yet.
    if (state.kind !== "connecting") gate?.set(state.kind === "open");
    try {
      options.onState?.(state);
    } catch (error) {
      surface(error);
    }
  };
  while (!token.isCancelled) {
    enter({ kind: "connecting", attempt });
    const end = await session(options, box, clock, token, enter);
    if (token.isCancelled) break;
    const failed = "error" in end ? { error: end.error } : {};
    const answer: FailureAnswer = "error" in end ? (onFailure?.(end.error) ?? "retry") : "retry";
    if (answer === "end") {
      enter({ kind: "closed", ...failed });
      throw end.error;
    }
    const healthy = end.openedAt !== undefined && clock.monotonic() - end.openedAt >= healthyAfterMs;
    if (healthy || end.events > 0) attempt = 1;
    if (healthy && typeof answer !== "object") continue;
    const delayMs = typeof answer === "object" ? answer.retryAfterMs : backoffDelay(backoff, attempt, random);
    enter({ kind: "waiting", attempt, until: clock.now() + delayMs, ...failed });
    attempt++;
    await clock.sleep(delayMs, token);
  }
  enter({ kind: "closed" });
}

async function session<E, C>(
  options: StreamOptions<E, C>,
  box: { cursor: C | undefined },
  clock: Clock,
  parent: ShutdownToken,
  enter: (state: StreamState) => void,
): Promise<SessionEnd> {
  using token = parent.childToken();
  const { idleTimeoutMs = Number.POSITIVE_INFINITY } = options;
  let openedAt: number | undefined;
  let events = 0;
  let iterator: AsyncIterator<E> | undefined;
  const result = (error?: { readonly error: unknown }): SessionEnd => ({
    events,
    ...(openedAt !== undefined && { openedAt }),
    ...error,
  });
  try {
    const source = await guard(clock, idleTimeoutMs, token, options.connect({ token, cursor: box.cursor }));
    openedAt = clock.monotonic();
    enter({ kind: "open", since: clock.now() });
    iterator = source[Symbol.asyncIterator]();
    for (;;) {
      const next = await guard(clock, idleTimeoutMs, token, iterator.next());
      if (next.done || token.isCancelled) return result();
      events++;
      try {
        await options.onEvent(next.value);
      } catch (error) {
        options.onError?.(error, next.value);
      }
      box.cursor = options.cursorOf?.(next.value) ?? box.cursor;
    }
  } catch (error) {
    return result({ error });
  } finally {
    token.cancel({ kind: "requested-by-run", message: "the session has ended" });
    // Not awaited: a source that hangs in its own clean-up must not hold up the next session.
    iterator?.return?.()?.then(undefined, () => {});
  }
}

/** `work`, or a rejection when nothing comes of it in time, or the session is told to end. */
function guard<T>(clock: Clock, limitMs: number, token: ShutdownToken, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const settle = (how: () => void) => {
      clock.clearTimeout(timer);
      off();
      how();
    };
    const idle = () => new HoldfastError("STREAM_IDLE", `nothing came for ${limitMs} ms`);
    const timer =
      limitMs < Number.POSITIVE_INFINITY
        ? clock.setTimeout(() => settle(() => reject(idle())), limitMs)
        : undefined;
    const off = token.onCancel((reason) =>
      queueMicrotask(() => settle(() => reject(new CancelledError(reason)))),
    );
    // Either way it is settled as `work` is.
    work.then(
      () => settle(() => resolve(work)),
      () => settle(() => resolve(work)),
    );
  });
}
