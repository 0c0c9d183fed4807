import { type Backoff, backoffDelay, patientBackoff } from "./backoff.ts";
import { type Clock, systemClock, type Timer } from "./clock.ts";
import { HoldfastError, surface } from "./errors.ts";
import type { GateOwner } from "./gate.ts";
import { type Digestion, digest, type OnPoison } from "./poison.ts";
import { type Random, systemRandom } from "./random.ts";
import { CancelledError, type ShutdownToken } from "./shutdown.ts";

/**
 * connecting → open → waiting → connecting      the session ended, or never opened
 *              open → connecting                a session that lived long enough ended
 *              any → closed                     the token was cancelled, or the failure was for good
 * `until` is wall ms.
 */
export type StreamState =
  | { readonly kind: "connecting"; readonly attempt: number }
  | { readonly kind: "open"; readonly since: number }
  | { readonly kind: "waiting"; readonly attempt: number; readonly until: number; readonly error?: unknown }
  | { readonly kind: "closed"; readonly error?: unknown };

/** What to do about a session that failed. With `retryAfterMs` the wait is at least that long. */
export type FailureAnswer = "retry" | "end" | { readonly retryAfterMs: number };

/** What `connect` throws when trying again is of no use: the server said so for good. It ends the stream. */
export class TerminalError extends HoldfastError<"STREAM_ENDED"> {
  constructor(message: string, options?: { readonly cause?: unknown; readonly details?: unknown }) {
    super("STREAM_ENDED", message, options);
  }
}

/** What a session is opened with. */
export interface SessionContext<C> {
  /** Cancelled when the session is over, for whatever reason. */
  readonly token: ShutdownToken;
  /** That of the last event handled. */
  readonly cursor: C | undefined;
  /** Tells that the other side lives, for signs that are no events: comments, pings. Feeds `idleTimeoutMs`. */
  alive(): void;
}

/** How a stream is kept open, and what is done with its events `E`; `C` is the cursor it goes on from. */
export interface StreamOptions<E, C> {
  /** Opens a session, with settings read anew; its events end when the session does. */
  connect(ctx: SessionContext<C>): Promise<AsyncIterable<E>>;
  /** Handles events one by one. What it throws goes to `onPoison`, and never ends the stream. */
  onEvent(event: E): unknown;
  /** What to do about an event that could not be handled. Default: `quarantine` at once, since a wake carries nothing. */
  readonly onPoison?: OnPoison<E>;
  /** Given each event in `quarantine`, before the cursor moves on. If it throws, the session starts over from the cursor. */
  readonly onError?: (error: unknown, event: E) => unknown;
  /** Where to go on from after this event; `undefined` leaves the cursor. */
  readonly cursorOf?: (event: E) => C | undefined;
  readonly cursor?: C;
  /** Default: `TerminalError` ends it, an error with a number `retryAfterMs` sets the delay, all else is retried. */
  readonly onFailure?: (error: unknown) => FailureAnswer | undefined;
  /** Default: 1 s doubling to 30 s, equal jitter. Starts over after an event or a healthy session. */
  readonly backoff?: Backoff;
  /** A session without a sign of life for this long is given up (code `STREAM_IDLE`). Default: never. */
  readonly idleTimeoutMs?: number;
  /** After a session that lived this long the next is tried at once. Default 60,000. */
  readonly healthyAfterMs?: number;
  /** Opened while a session is, closed while waiting. */
  readonly gate?: GateOwner;
  readonly onState?: (state: StreamState) => void;
  readonly clock?: Clock;
  readonly random?: Random;
}

interface SessionRig {
  readonly clock: Clock;
  readonly random: Random;
  readonly backoff: Backoff;
  readonly parent: ShutdownToken;
  readonly enter: (state: StreamState) => void;
}

type SessionEnd = { readonly livedMs: number; readonly events: number; readonly error?: unknown };

/**
 * Keeps a session open until `token` is cancelled, reconnecting for ever unless a failure is for good; then it
 * rejects with a `TerminalError`. A server that opens and closes at once cannot make it spin: without an event
 * each such session counts as a failed attempt.
 */
export async function stream<E, C = never>(
  options: StreamOptions<E, C>,
  token: ShutdownToken,
): Promise<void> {
  const { backoff = patientBackoff, healthyAfterMs = 60_000, gate } = options;
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
  const rig: SessionRig = { clock, random, backoff, parent: token, enter };
  while (!token.isCancelled) {
    enter({ kind: "connecting", attempt });
    const { livedMs, events, ...failed } = await session(options, box, rig);
    if (token.isCancelled) break;
    const answer = "error" in failed ? answerTo(failed.error, options) : "retry";
    if (answer === "end") {
      enter({ kind: "closed", ...failed });
      throw terminal(failed.error);
    }
    const healthy = livedMs >= healthyAfterMs;
    if (healthy || events > 0) attempt = 1;
    const atLeastMs = typeof answer === "object" ? answer.retryAfterMs : 0;
    if (healthy && !(atLeastMs > 0)) continue;
    const delayMs = backoffDelay(backoff, attempt, random, atLeastMs);
    enter({ kind: "waiting", attempt, until: clock.now() + delayMs, ...failed });
    attempt++;
    await clock.sleep(delayMs, token);
  }
  enter({ kind: "closed" });
}

function answerTo(
  error: unknown,
  { onFailure }: Pick<StreamOptions<never, never>, "onFailure">,
): FailureAnswer {
  try {
    const answer = onFailure?.(error);
    if (answer) return answer;
  } catch (thrown) {
    surface(thrown);
  }
  if (error instanceof TerminalError) return "end";
  const { retryAfterMs } = Object(error) as { retryAfterMs?: unknown };
  return typeof retryAfterMs === "number" ? { retryAfterMs } : "retry";
}

function terminal(error: unknown): TerminalError {
  return error instanceof TerminalError
    ? error
    : new TerminalError("the stream ended for good", { cause: error });
}

/** One session, from connecting to its end; never rejects. `livedMs` is below 0 if it never opened. */
async function session<E, C>(
  options: StreamOptions<E, C>,
  box: { cursor: C | undefined },
  { clock, random, backoff, parent, enter }: SessionRig,
): Promise<SessionEnd> {
  const { idleTimeoutMs = Number.POSITIVE_INFINITY, onPoison = () => "quarantine" } = options;
  using token = parent.childToken();
  let [openedAt, events] = [Number.POSITIVE_INFINITY, 0];
  let interrupt: ((error: unknown) => void) | undefined;
  let timer: Timer | undefined;
  const alive = () => {
    clock.clearTimeout(timer);
    if (!interrupt || idleTimeoutMs === Number.POSITIVE_INFINITY) return;
    const idle = () => new HoldfastError("STREAM_IDLE", `nothing came for ${idleTimeoutMs} ms`);
    timer = clock.setTimeout(() => interrupt?.(idle()), idleTimeoutMs);
  };
  // Only while we wait for the other side does its silence count.
  const heard = <T>(work: Promise<T>): Promise<T> =>
    new Promise<T>((resolve, reject) => {
      interrupt = reject;
      alive();
      work.then(resolve, reject);
    }).finally(() => {
      interrupt = undefined;
      clock.clearTimeout(timer);
    });
  const how: Digestion<E> = {
    process: (event) => options.onEvent(event),
    keep: (event, error) => options.onError?.(error, event),
    ...{ onPoison, backoff, clock, random },
  };
  const end = () => ({ livedMs: clock.monotonic() - openedAt, events });
  token.onCancel((reason) => interrupt?.(new CancelledError(reason)));
  const opening = (async () =>
    (await options.connect({ token, cursor: box.cursor, alive }))[Symbol.asyncIterator]())();
  try {
    const iterator = await heard(opening);
    openedAt = clock.monotonic();
    enter({ kind: "open", since: clock.now() });
    while (!token.isCancelled) {
      const next = await heard(iterator.next());
      if (next.done) break;
      events++;
      await digest(next.value, token, how);
      box.cursor = options.cursorOf?.(next.value) ?? box.cursor;
    }
    return end();
  } catch (error) {
    return { ...end(), error };
  } finally {
    token.cancel({ kind: "requested-by-run", message: "the session has ended" });
    // Not awaited: a source that hangs in its own clean-up must not hold up the next session. One that opens
    // after it was given up is closed, too.
    opening.then((iterator) => iterator.return?.()).catch(() => {});
  }
}
