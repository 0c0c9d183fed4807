import type { AppStatus, RemoteStatus, SystemInfo } from "@holdfast/daemon/api";
import type { CliEnvironment } from "../cli-environment.ts";

/** What one look of `holdfast doctor` found. */
export interface Finding {
  /** What was looked at, in a word or two. */
  readonly check: string;
  /** `problem`: something does not work. `warning`: something works less well than it could, or soon will not. */
  readonly level: "ok" | "warning" | "problem";
  readonly text: string;
  /** What follows from it. */
  readonly means?: string;
  /** A command to copy, or what to do. */
  readonly remedy?: string;
}

/** What the looks are given: where things are, and what the daemon said, if one did. */
export interface Circumstances {
  readonly cli: CliEnvironment;
  readonly home: string;
  readonly socket: string;
  /** The pid of the daemon that holds the lock of the home. */
  readonly holder: number | undefined;
  readonly daemon:
    | {
        readonly system: SystemInfo;
        readonly apps: readonly AppStatus[];
        /** Absent where the daemon is of a version that knows nothing of it. */
        readonly remote?: RemoteStatus;
      }
    | undefined;
  /** Why the socket could not be used, where it is there and nobody of ours answers. */
  readonly refused: string | undefined;
  readonly ownVersion: string;
}

export type Look = (circumstances: Circumstances) => readonly Finding[] | Promise<readonly Finding[]>;

export function ok(check: string, text: string): readonly Finding[] {
  return [{ check, level: "ok", text }];
}

/** A word as a shell takes it. */
export function quoted(word: string): string {
  return /^[\w@%+=:,./~-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
