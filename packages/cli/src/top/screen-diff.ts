import { textWidth } from "../terminal/text-width.ts";

/** Terminals that know it show what is between these at once; others take no notice. */
const beginUpdate = "\u001b[?2026h";
const endUpdate = "\u001b[?2026l";

/**
 * What makes a screen that shows `before` show `after`: only lines that differ, each at its place, so that one that is
 * wider than we think moves nothing else. `before` absent: the screen is cleared first. Empty when nothing differs.
 */
export function screenDiff(
  before: readonly string[] | undefined,
  after: readonly string[],
  columns: number,
): string {
  const changes = after.flatMap((line, at) => {
    if (before?.[at] === line) return [];
    // Behind a full line it would take the last letter away.
    const rest = textWidth(line) < columns ? "\u001b[K" : "";
    return [`\u001b[${at + 1};1H${line}\u001b[0m${rest}`];
  });
  const clear = before === undefined ? "\u001b[0m\u001b[2J" : "";
  if (changes.length === 0 && clear === "") return "";
  return `${beginUpdate}${clear}${changes.join("")}${endUpdate}`;
}

/** The other screen, no cursor, no line that goes on in the next one. */
export const enterScreen = "\u001b[?1049h\u001b[?25l\u001b[?7l";
/** The screen and the cursor as they were. */
export const leaveScreen = "\u001b[?2026l\u001b[0m\u001b[?7h\u001b[?25h\u001b[?1049l";
