import type { Clock } from "@holdfast/runtime";
import type { Screen } from "./terminal/screen.ts";

/** Everything of the process that a command uses, so that tests can give their own. */
export interface CliEnvironment {
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly directory: string;
  /** What was asked for: results, log lines. */
  readonly stdout: Output;
  /** What is said beside it: progress, errors. */
  readonly stderr: Output;
  /** All of what is piped in, for a word that is better not on a command line. */
  readonly input?: () => Promise<string>;
  readonly clock: Clock;
  /** The other machine that the command is about. */
  readonly node?: string;
  /** The argv that this command is started with again, for a daemon. */
  readonly program: readonly [string, ...string[]];
  /** Calls `listener` for each SIGINT, SIGTERM and SIGHUP, and when nobody reads stdout; until the returned function is called. */
  onInterrupt(listener: (why: Interrupt) => void): () => void;
  /** Ends the process at once. */
  exit(code: number): void;
  /** Takes the whole terminal; absent where there is none at either end. */
  readonly openScreen?: () => Promise<Screen>;
}

export type Interrupt = "SIGINT" | "SIGTERM" | "SIGHUP" | "EPIPE";

export interface Output {
  write(text: string): void;
  /** Past every check of what could harm a terminal. */
  writeAsIs(text: string): void;
  readonly isTerminal: boolean;
  /** Columns of the terminal; 80 where there is none. */
  readonly columns: number;
  /** Lines of the terminal; 24 where there is none. */
  readonly rows: number;
}
