import type { ShutdownToken } from "@holdfast/runtime";
import type { AppLog } from "./app-log.ts";
import { longestLineBytes, readLines } from "./lines.ts";

/** Waits for a text in an app's output. */
export interface LineWatch {
  /** Resolves when a line with the text was found; never, when none comes. */
  readonly seen: Promise<void>;
  /** Looks now; true once it was found. */
  look(): boolean;
}

export interface WantedLine {
  readonly text: string;
  /** Where in the log to begin. */
  readonly offset: number;
  /** When cancelled, nobody looks any more. */
  readonly token: ShutdownToken;
  /** Called once, when the line was found. */
  readonly onSeen?: () => void;
}

/** Looks for a text in what is written from an offset on, until it is found or the token is cancelled. */
export function watchLine(log: AppLog, { text, offset, token, onSeen }: WantedLine): LineWatch {
  const seen = Promise.withResolvers<void>();
  const ends: (() => void)[] = [];
  let found = false;
  let told = false;
  let position = offset;

  const look = (): boolean => {
    for (let more = !found; more && !found; ) {
      const { lines, next } = readLines(log.path, Math.max(position, log.firstOffset));
      found = lines.some((line) => line.text.includes(text));
      more = lines.length > 0;
      position = next;
    }
    // The unfinished last line is read again with the next look: the text may be in the part that is to come.
    found ||= readLines(log.path, position, longestLineBytes, true).lines.some((line) =>
      line.text.includes(text),
    );
    if (found && !told) {
      told = true;
      for (const end of ends) end();
      seen.resolve();
      onSeen?.();
    }
    return found;
  };
  ends.push(log.onGrowth(look));
  ends.push(token.onCancel(() => ends[0]?.()));
  look();
  return { seen: seen.promise, look };
}
