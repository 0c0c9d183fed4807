import type { ShutdownToken } from "@holdfast/runtime";
import type { Because } from "../events/because.ts";
import type { Run } from "../runner/runner.ts";
import type { Exit } from "../spec/app-state.ts";

/** From one start that was asked for until a stop or a rest: all restarts and scheduled runs in between belong to it. */
export interface Life {
  /** Cancelled when nothing more is to be started; what runs is then ended by whoever cancelled it. */
  readonly token: ShutdownToken;
  /** Resolves when the program was launched for the first time; rejects with `START_FAILED` when it never was. */
  readonly launched: PromiseWithResolvers<void>;
  /** Settles when the life's own work is over; what it launched may still run, if the token was cancelled. */
  over: Promise<unknown>;
  /** The launch under way: its run may appear although the token was cancelled meanwhile. */
  launching: Promise<unknown> | undefined;
  run: Run | undefined;
  /** Resolves when an ended life has left nothing. */
  readonly gone: PromiseWithResolvers<void>;
  /** Replaces the grace of the stop that somebody asked for. */
  graceMs: number | undefined;
  /** True once somebody works on ending it. */
  isEnding: boolean;
}

/** Where a life begins: from nothing, or from what an earlier daemon left. */
export type LifeBeginning =
  /** It was asked for, or its time has come. */
  | { readonly kind: "start"; readonly because: Because }
  /** It was to run, and does not. */
  | { readonly kind: "relaunch" }
  | { readonly kind: "adopt"; readonly run: Run }
  | { readonly kind: "ended"; readonly exit: Exit }
  | { readonly kind: "wait"; readonly delayMs: number }
  | { readonly kind: "schedule"; readonly because: Because };

/** A part of a life, which can be ended alone. What is launched in it is the life's. */
export function partOf(life: Life, token: ShutdownToken): Life {
  const { launched, over, gone, graceMs, isEnding } = life;
  return {
    ...{ token, launched, over, gone, graceMs, isEnding },
    get launching() {
      return life.launching;
    },
    set launching(launching) {
      life.launching = launching;
    },
    get run() {
      return life.run;
    },
    set run(run) {
      life.run = run;
    },
  };
}
