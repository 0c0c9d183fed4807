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

/** Looks for `text` in what is written from `offset` on, until it is found or the token is cancelled. */
export function watchLine(log: AppLog, offset: number, text: string, token: ShutdownToken): LineWatch {
  const seen = Promise.withResolvers<void>();
  const ends: (() => void)[] = [];
  let found = false;
  let position = offset;

  const look = (): boolean => {
    for (let more = true; more && !found; ) {
      const { lines, next } = readLines(log.path, position);
      found = lines.some((line) => line.text.includes(text));
      more = lines.length > 0;
      position = next;
    }
    // The unfinished last line is read again with the next look: the text may be in the part that is to come.
    found ||= readLines(log.path, position, longestLineBytes, true).lines.some((line) =>
      line.text.includes(text),
    );
    if (found) {
      for (const end of ends) end();
      seen.resolve();
    }
    return found;
  };
  ends.push(log.onGrowth(look));
  ends.push(token.onCancel(() => ends[0]?.()));
  look();
  return { seen: seen.promise, look };
}
