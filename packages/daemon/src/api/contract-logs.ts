/** Output of apps, line by line. */
import type { LogLevel } from "../logs/log-level.ts";
import type { Target } from "./contract-apps.ts";

/** Which of its two streams a program wrote to. */
export const logStreams = ["stdout", "stderr"] as const;
export type LogStream = (typeof logStreams)[number];

export interface LogLine {
  readonly project: string;
  readonly name: string;
  readonly instance: number;
  /** When the line was written, as exactly as the daemon saw it. */
  readonly time: string;
  readonly text: string;
  /** The byte offset of the line's first byte, in the log of its stream; valid as long as the log exists. */
  readonly offset: number;
  /** Absent where both went into one log: the app has no `log.split`, or had none when the line was written. */
  readonly stream?: LogStream;
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
  readonly stream?: LogStream;
}

/** How much there is of the log of one instance; of one whose streams are told apart, one for each of them. */
export interface LogExtent {
  readonly project: string;
  readonly name: string;
  readonly instance: number;
  /** Where the first line begins that was not let go; 0 when all is there. */
  readonly firstOffset: number;
  /** Where the next line will begin, or the unfinished one goes on. */
  readonly endOffset: number;
  readonly stream?: LogStream;
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
  /**
   * What was written to that stream by apps with `log.split`; `stdout` also has what they wrote before they had it.
   * `LOG_NOT_SPLIT` when none of them has.
   */
  readonly stream?: LogStream;
  /** Begins after this offset: to go on where one was. Where streams are told apart, `stream` says whose offset it is. */
  readonly after?: number;
}
