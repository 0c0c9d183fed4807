import { type Command, commands } from "./commands.ts";

/** What `--help` prints: all commands, or one with its options. */
export function helpText(command?: Command): string {
  return command === undefined ? overview() : commandHelp(command);
}

function overview(): string {
  const rows = commands.map(({ name, summary }) => [name, summary] as const);
  return `holdfast keeps programs up: it runs the apps of a manifest and tells the truth about them.

usage: holdfast COMMAND [OPTION]… [APP]…

${columns(rows)}

holdfast COMMAND --help   the options of a command
holdfast --version        the version

Exit codes: 0 done; 1 an operation failed; 2 wrong usage or manifest; 69 no daemon can be reached;
73 another daemon owns this home. HOLDFAST_HOME is where the daemon keeps its state and socket.
`;
}

function commandHelp({ name, names, summary, notes, options }: Command): string {
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
  if (rows.length > 0) parts.push(columns(rows));
  return `${parts.join("\n\n")}\n`;
}

function columns(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}   ${right}`).join("\n");
}
