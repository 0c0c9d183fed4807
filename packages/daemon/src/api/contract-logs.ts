/** Output of apps, line by line. */
import type { LogLevel } from "../logs/log-level.ts";
import type { Target } from "./contract-apps.ts";

export interface LogLine {
  readonly project: string;
  readonly name: string;
  readonly instance: number;
  /** When the line was written, as exactly as the daemon saw it. */
  readonly time: string;
  readonly text: string;
  /** The byte offset of the line's first byte; valid as long as the log exists. */
  readonly offset: number;
  /** The level that the line gives itself, in whatever words. */
  readonly level?: LogLevel;
  /** What is in it, when it is a JSON object. */
  readonly fields?: Readonly<Record<string, unknown>>;
  /** It does not end here: it is longer than 64 KiB, or had no end yet. What follows comes as a line of its own. */
  readonly continues?: true;
}

/** What a follower of logs is told. */
export interface LogEvent {
  readonly lines: readonly LogLine[];
  readonly caughtUp?: true;
  /** What was let go, because the log is bounded, before this reader had taken it. */
  readonly skipped?: readonly SkippedOutput[];
}

export interface SkippedOutput {
  readonly project: string;
  readonly name: string;
  readonly instance: number;
  readonly bytes: number;
}

/** How much there is of the log of one instance. */
export interface LogExtent {
  readonly project: string;
  readonly name: string;
  readonly instance: number;
  /** Where the first line begins that was not let go; 0 when all is there. */
  readonly firstOffset: number;
  /** Where the next line will begin, or the unfinished one goes on. */
  readonly endOffset: number;
}

/** Which lines of logs are meant; all of it must be true of a line. */
export interface LogQuery {
  readonly targets: readonly Target[];
  /** The last so many lines of each instance; with `after` the first ones there. */
  readonly lines?: number;
  /** Written then or later. */
  readonly since?: string;
  /** Written then or earlier. */
  readonly until?: string;
  /** At least so grave; a line that says nothing of it counts as `info`. */
  readonly level?: LogLevel;
  /** Has this text in it. */
  readonly text?: string;
  /** Begins after this offset: to go on where one was. */
  readonly after?: number;
}
