import { type Backoff, backoffDelay, patientBackoff } from "./backoff.ts";
import { type Clock, systemClock } from "./clock.ts";
import type { GateOwner } from "./gate.ts";
import { type Loop, loop, type PassReport } from "./loop.ts";
import { type Digestion, digest, type OnPoison } from "./poison.ts";
import { type Random, systemRandom } from "./random.ts";
import type { ShutdownToken } from "./shutdown.ts";
import { type StreamOptions, stream } from "./stream.ts";

/** Where the cursor is kept. */
export interface Checkpoint<C> {
  /** Asked once, before the first pull. `undefined`: from the beginning. */
  load(): C | undefined | Promise<C | undefined>;
  /** Durable once it resolves. Called after each message, with cursors that only go forward. */
  save(cursor: C): unknown;
}

/** Where messages are kept that could not be processed. */
export interface Quarantine<M> {
  /** Durable once it resolves; the cursor moves on then. The same message may come twice. */
  keep(message: M, error: unknown): unknown;
  /** All that are kept, to be judged again. */
  all(): Iterable<M> | AsyncIterable<M> | Promise<Iterable<M>>;
  /** Forgets one that has been processed after all. */
  release(message: M): unknown;
}

/** Where messages `M` come from, what is done with them, and where the cursor `C` is kept. */
export interface MailboxOptions<M, C> {
  /** Some of the messages after `cursor`, without a gap; none if there are none. */
  pull(ctx: { readonly token: ShutdownToken; readonly cursor: C | undefined }): Promise<readonly M[]>;
  /** Each message has a cursor of its own. */
  readonly cursorOf: (message: M) => C;
  /** Below 0 if `a` comes before `b`, as for `sort`. */
  readonly compare: (a: C, b: C) => number;
  readonly checkpoint: Checkpoint<C>;
  /** One message at a time, in order. After a crash the last one may come again. */
  process(message: M, token: ShutdownToken): unknown;
  /** What to do about one that could not be processed. Default: `retry` four times, then `quarantine`. */
  readonly onPoison?: OnPoison<M>;
  readonly quarantine: Quarantine<M>;
  /** Opens a stream whose events say *look now*, and carry nothing. Default: none, polling only. */
  readonly subscribe?: Omit<
    StreamOptions<unknown, C>,
    "onEvent" | "onPoison" | "onError" | "cursor" | "cursorOf" | "gate" | "clock" | "random"
  >;
  /** How often to look without being told to. Default 60,000. */
  readonly everyMs?: number;
  /** When the token of a pull, and of the processing of one message, is cancelled; its end is waited for. Default 60,000. */
  readonly timeoutMs?: number;
  /** Between attempts at a message, and after a pull that failed. Default: 1 s doubling to 30 s, equal jitter. */
  readonly backoff?: Backoff;
  /** Told about every look. */
  readonly onPass?: (report: PassReport) => void;
  /** Open while the stream is. */
  readonly gate?: GateOwner;
  /** Neither subscribes nor polls: looks when triggered. */
  readonly manual?: boolean;
  readonly clock?: Clock;
  readonly random?: Random;
}

/** What one look brought: the `value` of the step `pull` in its report, and of the step `judge again`. */
export interface MailReport {
  readonly processed: number;
  readonly quarantined: number;
}

/** A loop whose passes fetch and process what is new. */
export interface Mailbox extends Loop {
  /** Triggers a pass that first tries each message in quarantine once more, say after trust or a version changed. */
  judgeAgain(token?: ShutdownToken): Promise<PassReport | undefined>;
}

/**
 * Processes each message once and in order, whether a stream, the interval or a trigger made it look: there is
 * one path, and one look at a time. A message that cannot be processed is tried again, then put into
 * quarantine, and never keeps later mail waiting for good.
 */
export function mailbox<M, C>(options: MailboxOptions<M, C>): Mailbox {
  const { checkpoint, quarantine, cursorOf, compare, subscribe, manual = false } = options;
  const { backoff = patientBackoff, timeoutMs = 60_000, everyMs = 60_000 } = options;
  const { clock = systemClock, random = systemRandom } = options;
  let at: C | undefined;
  let saved: C | undefined;
  let loaded = false;
  let judging = false;
  let failures = 0;

  const limited = async <T>(token: ShutdownToken, work: (token: ShutdownToken) => T): Promise<Awaited<T>> => {
    using own = token.childToken();
    const message = `took longer than ${timeoutMs} ms`;
    const timer = clock.setTimeout(() => own.cancel({ kind: "requested-by-run", message }), timeoutMs);
    try {
      return await work(own);
    } finally {
      clock.clearTimeout(timer);
    }
  };
  const how: Digestion<M> = {
    process: (message, token) => limited(token, (own) => options.process(message, own)),
    onPoison: options.onPoison ?? ((_error, _message, attempt) => (attempt < 5 ? "retry" : "quarantine")),
    keep: (message, error) => quarantine.keep(message, error),
    ...{ backoff, clock, random },
  };
  const save = async () => {
    if (at === undefined || at === saved) return;
    await checkpoint.save(at);
    saved = at;
  };

  const pull = async (token: ShutdownToken): Promise<MailReport> => {
    if (!loaded) at = saved = await checkpoint.load();
    loaded = true;
    // Once more, if it failed last time: no message may come to make up for it.
    await save();
    const count = { processed: 0, quarantined: 0 };
    const isNew = (message: M) => at === undefined || compare(cursorOf(message), at) > 0;
    for (;;) {
      const page = await limited(token, (own) => options.pull({ token: own, cursor: at }));
      const fresh = page.filter(isNew).toSorted((a, b) => compare(cursorOf(a), cursorOf(b)));
      if (fresh.length === 0) return count;
      for (const message of fresh) {
        if (!isNew(message)) continue;
        count[await digest(message, token, how)]++;
        at = cursorOf(message);
        await save();
      }
    }
  };

  const judgeAgain = async (token: ShutdownToken): Promise<MailReport> => {
    judging = false;
    const count = { processed: 0, quarantined: 0 };
    for await (const message of await quarantine.all()) {
      token.throwIfCancelled();
      try {
        await how.process(message, token);
      } catch {
        count.quarantined++;
        continue;
      }
      await quarantine.release(message);
      count.processed++;
    }
    return count;
  };

  const pulls = loop({
    steps: [
      { name: "judge again", when: () => judging, run: judgeAgain },
      { name: "pull", run: pull },
    ],
    ...(!manual && {
      everyMs: () => (failures > 0 ? Math.min(everyMs, backoffDelay(backoff, failures, random)) : everyMs),
    }),
    onPass: (report) => {
      failures = report.steps.at(-1)?.kind === "failed" ? failures + 1 : 0;
      options.onPass?.(report);
    },
    clock,
  });
  const wake = () => void pulls.trigger();

  return {
    async run(parent) {
      const token = parent.childToken();
      const streaming =
        subscribe && !manual
          ? stream<unknown, C>(
              {
                ...subscribe,
                connect: (ctx) => subscribe.connect({ ...ctx, cursor: at }),
                onEvent: wake,
                onState: (state) => {
                  // What came while there was no stream, no stream will tell of.
                  if (state.kind === "open") wake();
                  subscribe.onState?.(state);
                },
                ...(options.gate && { gate: options.gate }),
                ...{ clock, random },
              },
              token,
            )
          : undefined;
      // Closed for good, as `onState` was told: that costs latency, and no mail.
      streaming?.catch(() => {});
      try {
        await pulls.run(token);
      } finally {
        token.cancel({ kind: "requested-by-run", message: "the mailbox has ended" });
      }
    },
    trigger: pulls.trigger,
    judgeAgain(token) {
      judging = true;
      return pulls.trigger(token);
    },
  };
}
