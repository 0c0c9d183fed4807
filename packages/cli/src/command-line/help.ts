import { wrapToWidth } from "../terminal/text-width.ts";
import { type Command, commands } from "./commands.ts";

/** What `--help` prints: all commands, or one with its options. `width`: columns that it may have. */
export function helpText(command: Command | undefined, width: number): string {
  const text = command === undefined ? overview(width) : commandHelp(command, width);
  const lines = text.split("\n").flatMap((line) => wrapToWidth(line, width, indentOf(line)));
  return lines.join("\n");
}

const groups: readonly (readonly [string, readonly string[]])[] = [
  ["Run", ["up", "down", "start", "stop", "restart", "remove"]],
  ["Look", ["ps", "top", "why", "logs", "events", "operations", "dashboard"]],
  ["Before", ["config", "plan"]],
];

function overview(width: number): string {
  const grouped = new Set(groups.flatMap(([, names]) => names));
  const others = commands.filter(({ name }) => !grouped.has(name)).map(({ name }) => name);
  const longest = Math.max(...commands.map(({ name }) => name.length));
  const parts = [...groups, ["Around it", others] as const].map(([title, names]) => {
    const own = commands.filter(({ name }) => names.includes(name));
    const rows = own.map(({ name, summary }) => [name, summary] as const);
    return `${title}\n${columns(rows, width, longest)}`;
  });
  return `holdfast keeps programs up: it runs the apps of a manifest and tells the truth about them.

usage: holdfast COMMAND [OPTION]… [APP]…

${parts.join("\n\n")}

holdfast COMMAND --help   the options of a command
holdfast --version        the version

Exit codes: 0 done; 1 an operation failed; 2 wrong usage or manifest; 69 no daemon can be reached;
73 another daemon owns this home. HOLDFAST_HOME is where the daemon keeps its state and socket.
`;
}

function commandHelp({ name, names, summary, notes, options }: Command, width: number): string {
  const rows = Object.entries(options).map(([long, option]) => {
    const short = option.short === undefined ? "    " : `-${option.short}, `;
    const value = option.type === "boolean" ? "" : ` ${option.value}`;
    return [`${short}--${long}${value}`, option.help] as const;
  });
  const usage = ["usage: holdfast", name, rows.length > 0 ? "[OPTION]…" : "", names]
    .filter(Boolean)
    .join(" ");
  const parts = [usage, `${summary[0]?.toUpperCase()}${summary.slice(1)}.`];
  if (notes !== undefined) parts.push(notes);
  if (rows.length > 0) parts.push(columns(rows, width));
  return `${parts.join("\n\n")}\n`;
}

function columns(rows: readonly (readonly [string, string])[], width: number, least = 0): string {
  const first = Math.max(least, ...rows.map(([left]) => left.length));
  return rows
    .flatMap(([left, right]) => wrapToWidth(`  ${left.padEnd(first)}   ${right}`, width, first + 5))
    .join("\n");
}

/** A line of a list goes on behind its first word, as in `start    start it in the background`. */
function indentOf(line: string): number {
  return /^\S+ {2,}(?=\S)/.exec(line)?.[0].length ?? 0;
}
