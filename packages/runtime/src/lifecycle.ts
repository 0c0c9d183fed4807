import type { ExitReason, ExitStatus } from "./exit-status.ts";
import type { ReloadEnd } from "./reload.ts";
import type { Pending, Phase } from "./service-error.ts";
import type { ShutdownReason, ShutdownToken } from "./shutdown.ts";
import type { TaskRegistry, TaskSnapshot } from "./tasks.ts";

/** What every hook is given: when to stop, and where its background work belongs. */
export interface RunContext {
  readonly shutdown: ShutdownToken;
  readonly tasks: TaskRegistry;
}

/** What `preStart` and `onStart` are given; `name` is the service's. */
export interface StartContext extends RunContext {
  readonly name: string;
}

/** What `onStop` and `postStop` are given, and what ended the service. */
export interface StopContext extends RunContext {
  readonly exitReason: ExitReason;
}

/** What `reload` is given besides the new configuration. */
export interface ReloadContext extends RunContext {
  /** Cancelled when this reload is over, by its end or its limit, or by the shutdown. */
  readonly token: ShutdownToken;
}

/** What runs code of the program: the phases, and the reload beside `run`. */
export type Hook = Exclude<Phase, "tasks"> | "reload";

/** What a program does at each phase. Phases never overlap; a synchronous throw is a rejection. */
export interface Lifecycle {
  /** Before anything is open: checks, migrations. If it fails, nothing else runs. */
  preStart?(ctx: StartContext): void | Promise<void>;
  /** Opens what `run` needs. If it fails, `postStop` runs, `onStop` does not. */
  onStart?(ctx: StartContext): void | Promise<void>;
  /** The program. Ends by itself, or soon after `ctx.shutdown` is cancelled. */
  run(ctx: RunContext): void | Promise<void>;
  /**
   * Takes on a new configuration while `run` goes on; one at a time, never after `onStop` has begun. `config` is as it
   * was given to the handle: parse it first, so that a bad one changes nothing. A failure does not end the service.
   */
  reload?(config: unknown, ctx: ReloadContext): void | Promise<void>;
  /** Closes what `onStart` opened; `run` and the tasks have ended, or were left behind. */
  onStop?(ctx: StopContext): void | Promise<void>;
  /** The last thing: whatever `preStart` did is undone here. */
  postStop?(ctx: StopContext): void | Promise<void>;
}

/** Limits of single hooks, in ms. That of `run` counts from the moment the shutdown was asked. */
export type HookTimeouts = { readonly [H in Hook]?: number };

/** What others hold of a service. Outlives it: after the end its calls do nothing, and none ever throws. */
export interface ServiceHandle {
  readonly name: string;
  /** From the end of `onStart` to the end of `postStop`. */
  readonly isRunning: boolean;
  /**
   * Returns false if a shutdown had been asked before: the first reason stays. With `reload-requested` the whole
   * process is to be started again by its keeper, see `processExitCode`.
   */
  requestShutdown(reason?: ShutdownReason): boolean;
  /** Reloads in place, after the reloads asked before; never rejects. */
  reload(config?: unknown): Promise<ReloadEnd>;
  /** Every live task of the service. */
  tasks(): readonly TaskSnapshot[];
  /** What has not ended: the hook being run and every live task. Who hangs, when asked during a stop. */
  pending(): readonly Pending[];
  /** Resolves true once `onStart` is done, false when the service ends before that; never rejects. */
  waitUntilRunning(): Promise<boolean>;
  /** Resolves when the service has ended, also by a failure; never rejects. */
  waitForExit(): Promise<ExitStatus>;
  /** Asks for the shutdown and joins it, if the service was ever started. */
  [Symbol.asyncDispose](): Promise<void>;
}
