/** Whether a command line says something that only a shell understands. */

const operators = "|&;<>()`\n";
const globs = "*?[";
const plain = new Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./=:,@%+ {}");
const reserved = new Set([
  ...["if", "for", "while", "until", "case", "{", "!", "function", "select", "time"],
  // Builtins that are no program, or whose program of the same name would do nothing of use.
  ...["cd", "export", "exec", "set", "unset", "source", ".", ":", "eval", "trap", "ulimit", "umask", "exit"],
  ...[
    "wait",
    "read",
    "shift",
    "alias",
    "readonly",
    "local",
    "return",
    "break",
    "continue",
    "command",
    "type",
  ],
]);

/**
 * True when `text`, as written and with quotes minded, holds an operator, a newline within it, a glob, a command
 * substitution or parameter that survives as `$`, a `VAR=value` prefix, a leading `~`, or begins with a word of
 * the shell's own. Give it the text after the format's own substitution has been taken out.
 */
export function needsShell(text: string): boolean {
  const trimmed = text.trim();
  const first = /^\S*/.exec(trimmed)?.[0] ?? "";
  if (reserved.has(first) || /^[A-Za-z_][A-Za-z0-9_]*=/.test(first)) return true;
  let quote: "none" | "single" | "double" = "none";
  for (let index = 0; index < trimmed.length; index += 1) {
    const char = trimmed[index] ?? "";
    if (quote === "single") {
      const end = trimmed.indexOf("'", index);
      if (end < 0) return false;
      index = end;
      quote = "none";
    } else if (plain.has(char)) {
      // Nothing; first, since most of a line is that.
    } else if (char === "\\") {
      index += 1;
    } else if (char === '"') {
      quote = quote === "double" ? "none" : "double";
    } else if (char === "$" || char === "`") {
      if (char === "`" || /[A-Za-z0-9_{(@*#?$!-]/.test(trimmed[index + 1] ?? "")) return true;
    } else if (quote === "none") {
      if (char === "'") quote = "single";
      if (operators.includes(char) || globs.includes(char)) return true;
      const isWordStart = index === 0 || /\s/.test(trimmed[index - 1] ?? "");
      if (isWordStart && (char === "~" || char === "#")) return true;
    }
  }
  return false;
}
