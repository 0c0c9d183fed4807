import type { LogLine } from "@holdfast/daemon/api";
import { appColours } from "./app-colours.ts";
import { clockTime } from "./clock-time.ts";
import { entryText } from "./entry-text.ts";
import { safeText } from "./safe-text.ts";
import type { Style } from "./style.ts";

export interface LogFormat {
  readonly style: Style;
  /** Escape sequences and structured lines go through, and nothing is put before a line. */
  readonly raw: boolean;
  /** The output is a terminal: what could harm it is taken out, and structured lines are laid out for people. */
  readonly isTerminal: boolean;
  readonly prefix: boolean;
  readonly timestamps: boolean;
}

/** One app whose lines are printed; instances are told apart where there are several. */
export interface LogSource {
  readonly project: string;
  readonly name: string;
  readonly instances: number;
}

/** Prints `web     | text`: names aligned, a colour for each app, harmless on a terminal. */
export class LogPrinter {
  readonly #format: LogFormat;
  readonly #sources: ReadonlyMap<string, LogSource>;
  readonly #colours: ReadonlyMap<string, number>;
  readonly #withProject: boolean;
  #width: number;

  constructor(sources: readonly LogSource[], format: LogFormat) {
    this.#format = format;
    this.#sources = new Map(sources.map((source) => [keyOf(source), source]));
    this.#withProject = new Set(sources.map(({ project }) => project)).size > 1;
    this.#colours = appColours(sources.map(keyOf));
    this.#width = Math.max(
      0,
      ...sources.map((source) => this.#label({ ...source, instance: source.instances }).length),
    );
  }

  /** The text of one line, with its line end. */
  line(line: LogLine): string {
    const { style, raw, isTerminal, prefix, timestamps } = this.#format;
    // What one program wrote comes out as it was, also where a line was cut into pieces.
    if (raw) return line.continues === true && !prefix ? line.text : `${line.text}\n`;
    const time = timestamps ? `${style.dim(clockTime(line.time))} ` : "";
    const before = `${prefix ? this.#prefix(line) : ""}${time}`;
    if (!isTerminal) return `${before}${line.text}\n`;
    const texts = line.fields === undefined ? [line.text] : entryText(line.fields, line.level, style);
    return texts.map((text) => `${before}${safeText(text, { keepColours: style.enabled })}\n`).join("");
  }

  #prefix(line: LogLine): string {
    const { style } = this.#format;
    const label = this.#label(line);
    // An app that was added later may have a longer name.
    this.#width = Math.max(this.#width, label.length);
    const colour = this.#colours.get(keyOf(line)) ?? 36;
    return `${style.colour(colour, `${label.padEnd(this.#width)} |`)} `;
  }

  #label(line: { readonly project: string; readonly name: string; readonly instance: number }): string {
    const instances = this.#sources.get(keyOf(line))?.instances ?? line.instance;
    const name = instances > 1 ? `${line.name}.${line.instance}` : line.name;
    return this.#withProject ? `${line.project}/${name}` : name;
  }
}

function keyOf({ project, name }: { readonly project: string; readonly name: string }): string {
  return `${project}/${name}`;
}
