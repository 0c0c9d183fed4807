/**
 * A `.env` or `env_file` by the rules of the library that process-compose reads it with. They differ from Compose's:
 * only names in capitals are substituted, the lines above win over the caller, and a lone `$` is a `$`.
 */
import type { SourceLocation } from "../../spec/app-spec.ts";
import type { ProblemList } from "../problem.ts";

export interface GodotenvFile {
  readonly label: string;
  readonly text: string;
}

/** The variables in the order of the file. Adds `dotenv-syntax` and then gives what stood before the mistake. */
export function parseGodotenv(
  file: GodotenvFile,
  callerEnv: Readonly<Record<string, string | undefined>>,
  problems: ProblemList,
): ReadonlyMap<string, string> {
  const text = file.text.replace(/^\uFEFF/, "").replaceAll("\r\n", "\n");
  const variables = new Map<string, string>();
  const lookup = (name: string): string => variables.get(name) ?? callerEnv[name] ?? "";
  let index = 0;
  const take = (pattern: RegExp): RegExpExecArray | undefined => {
    pattern.lastIndex = index;
    const found = pattern.exec(text) ?? undefined;
    index += found?.[0].length ?? 0;
    return found;
  };
  for (;;) {
    take(/(?:\s+|#[^\n]*)*/y);
    if (index >= text.length) return variables;
    const start = index;
    take(/export[^\S\n]+/y);
    const name = take(/([\p{L}\p{N}_.-]+)[^\S\n]*[=:][^\S\n]*/uy)?.[1];
    if (name === undefined) {
      problems.add("dotenv-syntax", "this line is no KEY=value", locationOf(file.label, text, start));
      return variables;
    }
    const quoted = take(/"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'/sy);
    if (quoted !== undefined) {
      const [, double, single] = quoted;
      variables.set(name, double === undefined ? (single ?? "") : substitute(undoEscapes(double), lookup));
    } else if (text[index] === '"' || text[index] === "'") {
      problems.add("dotenv-syntax", "a quoted value is never closed", locationOf(file.label, text, index));
      return variables;
    } else {
      const line = take(/[^\n]*/y)?.[0] ?? "";
      // A `#` at the very start of a value ends it too: there is nothing before it but the space after the `=`.
      variables.set(name, substitute(line.replace(/(?:^|\s)#.*$/, "").trim(), lookup));
    }
  }
}

function undoEscapes(text: string): string {
  const lineEnds = text.replace(/\\(.)/g, (whole, char: string) =>
    char === "n" ? "\n" : char === "r" ? "\r" : whole,
  );
  return lineEnds.replace(/\\([^$])/g, "$1");
}

function substitute(text: string, lookup: (name: string) => string): string {
  return text.replace(
    /(\\)?\$(\()?\{?([A-Z0-9_]+)?\}?/g,
    (whole, backslash: string | undefined, command: string | undefined, name: string | undefined) => {
      if (backslash !== undefined || command !== undefined)
        return backslash === undefined ? whole : whole.slice(1);
      return name === undefined ? whole : lookup(name);
    },
  );
}

function locationOf(file: string, text: string, offset: number): SourceLocation {
  const before = text.slice(0, offset);
  return { file, line: before.split("\n").length, column: offset - before.lastIndexOf("\n") };
}
