import type { ShutdownToken, Timer } from "@holdfast/runtime";
import type { AppLog } from "./app-log.ts";
import { blockBytes, readBlock, readBytes } from "./lines.ts";

/** Waits for a text in an app's output. */
export interface LineWatch {
  /** Resolves when the text was found; never, when it never comes. */
  readonly seen: Promise<void>;
  /** Looks through all that is there now; true once it was found. */
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

/** An app may write faster than it is read: everything else has its turn after so much. */
const mostAtOnce = 4 * 1024 * 1024;

/** Looks for a text in what is written from an offset on, until it is found or the token is cancelled. */
export function watchLine(log: AppLog, { text, offset, token, onSeen }: WantedLine): LineWatch {
  const seen = Promise.withResolvers<void>();
  const ends: (() => void)[] = [];
  const wanted = Buffer.from(text);
  let found = false;
  let position = offset;
  let later: Timer | undefined;

  const end = (): void => {
    for (const each of ends) each();
    log.clock.clearTimeout(later);
  };
  /** True when there may be more of it to look through. */
  const lookThrough = (mostBytes: number): boolean => {
    for (let left = mostBytes; left > 0; ) {
      position = Math.max(position, log.firstOffset);
      const isShort = wanted.length <= blockBytes / 2;
      const bytes = isShort
        ? readBlock(log.path, position)
        : readBytes(log.path, position, 2 * wanted.length).bytes;
      if (bytes.length === 0 || bytes.length < wanted.length) return false;
      if (bytes.includes(wanted)) {
        found = true;
        end();
        seen.resolve();
        onSeen?.();
        return false;
      }
      // What may be the beginning of it is read again, with what is to come.
      const fresh = bytes.length - Math.max(wanted.length - 1, 0);
      position += fresh;
      left -= fresh;
    }
    return true;
  };
  const lookOn = (): void => {
    log.clock.clearTimeout(later);
    if (found || token.isCancelled || !lookThrough(mostAtOnce)) return;
    later = log.clock.setTimeout(lookOn, 0);
    later.unref();
  };
  const look = (): boolean => {
    if (!found) lookThrough(Number.POSITIVE_INFINITY);
    return found;
  };
  ends.push(log.onGrowth(lookOn));
  ends.push(token.onCancel(end));
  lookOn();
  return { seen: seen.promise, look };
}
