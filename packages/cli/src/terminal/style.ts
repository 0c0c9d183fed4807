/** Puts SGR colours around a text, or leaves it as it is. */
export interface Style {
  readonly enabled: boolean;
  dim(text: string): string;
  bold(text: string): string;
  red(text: string): string;
  green(text: string): string;
  yellow(text: string): string;
  /** Any SGR code. */
  colour(code: number, text: string): string;
}

export function makeStyle(enabled: boolean): Style {
  const wrap = (code: number, text: string): string =>
    enabled && text !== "" ? `\u001b[${code}m${text}\u001b[0m` : text;
  return {
    enabled,
    dim: (text) => wrap(2, text),
    bold: (text) => wrap(1, text),
    red: (text) => wrap(31, text),
    green: (text) => wrap(32, text),
    yellow: (text) => wrap(33, text),
    colour: wrap,
  };
}

/** Whether an output gets colours: `NO_COLOR` forbids, `FORCE_COLOR` demands, else a terminal has them. */
export function wantsColour(
  isTerminal: boolean,
  variables: Readonly<Record<string, string | undefined>>,
): boolean {
  const {
    NO_COLOR: forbidden,
    FORCE_COLOR: forced,
    TERM: terminal,
  } = variables as {
    readonly NO_COLOR?: string;
    readonly FORCE_COLOR?: string;
    readonly TERM?: string;
  };
  if (forced !== undefined && forced !== "") return forced !== "0" && forced !== "false";
  if (forbidden !== undefined && forbidden !== "") return false;
  return isTerminal && terminal !== "dumb";
}
