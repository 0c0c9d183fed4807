const keys: readonly (readonly [string, string])[] = [
  ["↑ ↓  j k", "select an app; in a log or a page, scroll"],
  ["PgUp PgDn Space", "a page up or down; Home and End: all the way"],
  ["Enter  l", "its log. There: f follows or holds, / searches, n N go on"],
  ["w", "why it is in its state"],
  ["g  Tab", "what needs what, and back to the table"],
  ["s  x  r", "start, stop, restart it"],
  ["S  X  R", "start, stop, restart all that are shown; asks first"],
  ["/", "show only some, by project, name, group or state"],
  ["o  O", "sort by the next column; turn the order around"],
  ["Esc", "back; in the table, show all"],
  ["Ctrl-L", "draw the screen anew"],
  ["q  Ctrl-C", "leave; the apps run on"],
];

/** What the keys do. */
export function helpView(): readonly string[] {
  return [
    "",
    ...keys.map(([key, what]) => `  ${key.padEnd(16)} ${what}`),
    "",
    "  CPU: 100% is one processor. MEMORY: of the app and all that it started.",
    "  A stop shows how much of its grace is used: stopping 4s of 10s.",
  ];
}
