import { type Cancellation, isAbortError } from "./abort.ts";
import { type Clock, systemClock } from "./clock.ts";
import { surface } from "./errors.ts";
import type { Gate } from "./gate.ts";
import type { ShutdownToken } from "./shutdown.ts";
import { Wake } from "./wake.ts";

/** One step of a pass. */
export interface Step {
  readonly name: string;
  /** The step is skipped while this is closed, or answers false. */
  readonly when?: Gate | (() => boolean);
  /** From then on its token is cancelled and the pass goes on without it. Default: no limit. */
  readonly timeoutMs?: number;
  /** Does the work. `token` is cancelled by a stop, at the time limit, and when the step has ended. */
  run(token: ShutdownToken): unknown;
}

/** What became of a step. `busy`: an earlier run of it has not ended, so it was not run twice at once. */
export type StepEnd =
  | { readonly kind: "completed"; readonly value: unknown }
  | { readonly kind: "skipped" | "busy" | "timed-out" | "cancelled" }
  | { readonly kind: "failed"; readonly error: unknown };

/** A pass as data: what each step did, in order. `at` is wall ms. */
export interface PassReport {
  readonly at: number;
  readonly durationMs: number;
  readonly steps: readonly (StepEnd & { readonly name: string })[];
}

/** What a loop does, and how often. */
export interface LoopOptions {
  readonly steps: readonly Step[];
  /** From the end of a pass to the next; a function is asked anew each time. Default: only when triggered. */
  readonly everyMs?: number | (() => number);
  /** Whether the first pass comes at once. Default true if there is `everyMs`. */
  readonly immediate?: boolean;
  /** Told about every pass. */
  readonly onPass?: (report: PassReport) => void;
  readonly clock?: Clock;
}

/** Ordered steps that are gone through again and again. */
export interface Loop {
  /** Runs until `token` is cancelled; then the step in hand is cancelled too, and waited for. Once at a time. */
  run(token: ShutdownToken): Promise<void>;
  /**
   * Asks for a pass now. Resolves with the report of the first pass that began after this call, so all calls
   * made while one runs share the next; or with `undefined` if the loop is stopped, or `token` cancelled,
   * before that. A loop that does not run yet, or crashed, keeps the request for its next run.
   */
  trigger(token?: Cancellation): Promise<PassReport | undefined>;
}

/** Makes a loop; nothing runs before `run`. A step that fails or hangs never keeps the next from running. */
export function loop(options: LoopOptions): Loop {
  const { steps, everyMs, onPass, clock = systemClock } = options;
  const wake = new Wake(clock);
  const busy = new Set<Step>();
  let asked = Promise.withResolvers<PassReport | undefined>();
  let stopped = false;

  const runStep = async (step: Step, token: ShutdownToken): Promise<StepEnd> => {
    if (token.isCancelled) return { kind: "cancelled" };
    if (busy.has(step)) return { kind: "busy" };
    const { name, when, timeoutMs = Number.POSITIVE_INFINITY } = step;
    const own = token.childToken();
    const end = (message: string) => void own.cancel({ kind: "requested-by-run", message });
    const work = async (): Promise<StepEnd> => {
      try {
        busy.add(step);
        return { kind: "completed", value: await step.run(own) };
      } catch (error) {
        return token.isCancelled && isAbortError(error) ? { kind: "cancelled" } : { kind: "failed", error };
      } finally {
        busy.delete(step);
        end(`${name} has ended`);
      }
    };
    try {
      if (when && !(typeof when === "function" ? when() : when.isOpen)) return { kind: "skipped" };
    } catch (error) {
      return { kind: "failed", error };
    }
    const working = work();
    if (timeoutMs === Number.POSITIVE_INFINITY) return working;
    if ((await clock.sleep(timeoutMs, own)) === "cancelled") return working;
    end(`${name} took longer than ${timeoutMs} ms`);
    return { kind: "timed-out" };
  };

  const pass = async (token: ShutdownToken): Promise<void> => {
    const answered = asked;
    asked = Promise.withResolvers();
    const [at, began] = [clock.now(), clock.monotonic()];
    const ends: PassReport["steps"][number][] = [];
    for (const step of steps) ends.push({ name: step.name, ...(await runStep(step, token)) });
    const report: PassReport = { at, durationMs: clock.monotonic() - began, steps: ends };
    try {
      onPass?.(report);
    } catch (error) {
      surface(error);
    }
    answered.resolve(report);
  };

  return {
    async run(token) {
      if (stopped) asked = Promise.withResolvers();
      stopped = false;
      try {
        if ((options.immediate ?? everyMs !== undefined) && !token.isCancelled) {
          // A trigger that came before this run shares its first pass.
          wake.forget();
          await pass(token);
        }
        for (;;) {
          const delayMs = typeof everyMs === "function" ? everyMs() : (everyMs ?? Number.POSITIVE_INFINITY);
          if ((await wake.wait(delayMs, token)) === "cancelled") return;
          await pass(token);
        }
      } finally {
        stopped = token.isCancelled;
        if (stopped) asked.resolve(undefined);
      }
    },
    trigger(token) {
      const { promise } = asked;
      wake.notify();
      if (!token) return promise;
      return new Promise((resolve) => {
        const off = token.onCancel(() => resolve(undefined));
        void promise.then((report) => {
          off();
          resolve(report);
        });
      });
    },
  };
}
