import type { RawLine } from "./lines.ts";
import { isAtLeast, type LogLevel, levelOf } from "./log-level.ts";

/** Which lines are meant, whatever part of the log they are in. */
export interface LineFilter {
  /** At least as grave as that; a line that says nothing counts as `info`. */
  readonly level?: LogLevel;
  /** Has this text in it, letter by letter. */
  readonly text?: string;
}

/** The test that a filter is; undefined when it lets everything through. */
export function wantedLines({ level, text }: LineFilter): ((line: RawLine) => boolean) | undefined {
  if (level === undefined && text === undefined) return undefined;
  return (line) =>
    (text === undefined || line.text.includes(text)) &&
    (level === undefined || isAtLeast(levelOf(line.text), level));
}
