import type { ShutdownToken } from "@holdfast/runtime";
import type { AppSpec } from "../spec/app-spec.ts";
import type { WaitingFor } from "../spec/app-state.ts";
import { type DependencyFacts, dependencyVerdict } from "./dependencies.ts";

/** How a wait for dependencies ends. */
export type WaitEnd =
  /** `waited` is what it had to wait for last, and the number of the event that told that it is there. */
  | {
      readonly kind: "met";
      readonly waited?: { readonly on: WaitingFor; readonly after: number | undefined };
    }
  | { readonly kind: "cancelled" }
  | {
      readonly kind: "impossible";
      readonly reason: string;
      readonly on: WaitingFor;
      readonly after: number | undefined;
    };

interface Waiter {
  readonly spec: AppSpec;
  readonly onWaiting: (waitingFor: readonly WaitingFor[]) => void;
  readonly settle: (end: WaitEnd) => void;
  told: string;
  waitingFor: readonly WaitingFor[];
}

/** The instances of a project that wait for others of it. */
export class DependencyWaiters {
  readonly #factsOf: (app: string) => readonly DependencyFacts[] | undefined;
  readonly #lastEventOf: (app: string) => number | undefined;
  readonly #waiters = new Set<Waiter>();
  #looking = false;
  #holds = 0;

  /** `lastEventOf` an app: the number of the last event that told of it. */
  constructor(
    factsOf: (app: string) => readonly DependencyFacts[] | undefined,
    lastEventOf: (app: string) => number | undefined,
  ) {
    this.#factsOf = factsOf;
    this.#lastEventOf = lastEventOf;
  }

  /** Resolves when all is there, when it cannot be any more, or when the token is cancelled. */
  wait(
    spec: AppSpec,
    token: ShutdownToken,
    onWaiting: (waitingFor: readonly WaitingFor[]) => void,
  ): Promise<WaitEnd> {
    return new Promise((resolve) => {
      const waiter: Waiter = {
        spec,
        onWaiting,
        told: "[]",
        waitingFor: [],
        settle: (end) => {
          this.#waiters.delete(waiter);
          forget();
          resolve(end);
        },
      };
      this.#waiters.add(waiter);
      const forget = token.onCancel(() => queueMicrotask(() => waiter.settle({ kind: "cancelled" })));
      // Not at once: all that is started together flips to `starting` before any of it looks at the others.
      this.look();
    });
  }

  /** Nobody is judged until the returned function is called: not all is known yet that they wait for. */
  hold(): () => void {
    this.#holds++;
    return () => {
      this.#holds--;
      this.look();
    };
  }

  /** Something changed: looks again, once for all changes of this turn. */
  look(): void {
    if (this.#looking || this.#holds > 0 || this.#waiters.size === 0) return;
    this.#looking = true;
    queueMicrotask(() => {
      this.#looking = false;
      if (this.#holds > 0) return;
      for (const waiter of [...this.#waiters]) this.#judge(waiter);
    });
  }

  #judge(waiter: Waiter): void {
    const verdict = dependencyVerdict(waiter.spec, this.#factsOf);
    if (verdict.kind === "met") {
      const [on] = waiter.waitingFor;
      waiter.settle(
        on === undefined ? verdict : { ...verdict, waited: { on, after: this.#lastEventOf(on.app) } },
      );
      return;
    }
    if (verdict.kind === "impossible") {
      waiter.settle({ ...verdict, after: this.#lastEventOf(verdict.on.app) });
      return;
    }
    const told = JSON.stringify(verdict.waitingFor);
    if (told !== waiter.told) waiter.onWaiting(verdict.waitingFor);
    waiter.told = told;
    waiter.waitingFor = verdict.waitingFor;
  }
}
