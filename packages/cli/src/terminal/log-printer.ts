import type { LogLine } from "@holdfast/daemon/api";
import { appColours } from "./app-colours.ts";
import { clockTime } from "./clock-time.ts";
import { entryText } from "./entry-text.ts";
import { safeText } from "./safe-text.ts";
import type { Style } from "./style.ts";
import { textWidth, wrapToWidth } from "./text-width.ts";

/** With less room beside the name the terminal wraps better. */
const narrowest = 24;
const tab = "    ";

export interface LogFormat {
  readonly style: Style;
  /** Escape sequences and structured lines go through, and nothing is put before a line. */
  readonly raw: boolean;
  /** The output is a terminal: what could harm it is taken out, and structured lines are laid out for people. */
  readonly isTerminal: boolean;
  readonly prefix: boolean;
  readonly timestamps: boolean;
  /** How wide the terminal is now: lines with a name before them are wrapped below themselves. Absent, it wraps them. */
  readonly columns?: () => number;
}

/** One app whose lines are printed; instances are told apart where there are several. */
export interface LogSource {
  readonly project: string;
  readonly name: string;
  readonly instances: number;
}

/**
 * Prints `web     | text`, and `web     ! text` of stderr where that is known: names aligned, a colour for each app,
 * harmless on a terminal.
 */
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
    const { style, raw, isTerminal, prefix, timestamps, columns } = this.#format;
    // What one program wrote comes out as it was, also where a line was cut into pieces.
    if (raw) return line.continues === true && !prefix ? line.text : `${line.text}\n`;
    const time = timestamps ? `${style.dim(clockTime(line.time))} ` : "";
    const before = `${prefix ? this.#prefix(line) : ""}${time}`;
    if (!isTerminal) return `${before}${line.text}\n`;
    const texts = line.fields === undefined ? [line.text] : entryText(line.fields, line.level, style);
    const safe = texts.map((text) => safeText(text, { keepColours: style.enabled }));
    if (!prefix || columns === undefined) return safe.map((text) => `${before}${text}\n`).join("");
    return safe.map((text) => this.#wrapped(line, before, text, columns())).join("");
  }

  /** What has no room beside the name goes on below itself, behind a bar of the same colour. */
  #wrapped(line: LogLine, before: string, text: string, columns: number): string {
    const room = columns - textWidth(before);
    if (room < narrowest || text.length <= room) return `${before}${text}\n`;
    const [first = "", ...rest] = wrapToWidth(text.replaceAll("\t", tab), room);
    if (rest.length === 0) return `${before}${first}\n`;
    const bar = this.#format.style.colour(this.#colourOf(line), barOf(line).padStart(this.#width + 2));
    const margin = `${bar}${" ".repeat(Math.max(0, textWidth(before) - this.#width - 2))}`;
    return `${[`${before}${first}`, ...rest.map((more) => `${margin}${more}`)].join("\n")}\n`;
  }

  #prefix(line: LogLine): string {
    const { style } = this.#format;
    const label = this.#label(line);
    // An app that was added later may have a longer name.
    this.#width = Math.max(this.#width, label.length);
    return `${style.colour(this.#colourOf(line), `${label.padEnd(this.#width)} ${barOf(line)}`)} `;
  }

  #colourOf(line: LogLine): number {
    return this.#colours.get(keyOf(line)) ?? 36;
  }

  #label(line: { readonly project: string; readonly name: string; readonly instance: number }): string {
    const instances = this.#sources.get(keyOf(line))?.instances ?? line.instance;
    const name = instances > 1 ? `${line.name}.${line.instance}` : line.name;
    return this.#withProject ? `${line.project}/${name}` : name;
  }
}

function barOf({ stream }: LogLine): string {
  return stream === "stderr" ? "!" : "|";
}

function keyOf({ project, name }: { readonly project: string; readonly name: string }): string {
  return `${project}/${name}`;
}
