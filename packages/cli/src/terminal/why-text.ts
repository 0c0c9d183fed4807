import type { LogLine, Why, WhyLink } from "@holdfast/daemon/api";
import { entryText } from "./entry-text.ts";
import { safeText } from "./safe-text.ts";
import type { Style } from "./style.ts";
import { wrapToWidth } from "./text-width.ts";

export interface WhyFormat {
  readonly style: Style;
  /** Columns; absent where nothing is to be broken. */
  readonly width?: number;
  /** Wall-clock milliseconds: of another day than this, the date is told too. */
  readonly now: number;
}

/** Why an instance is as it is, in lines: the state, what led to it, and its last output. Times are local. */
export function whyLines(
  { text, chain, lastLines }: Why,
  { style, width, now }: WhyFormat,
): readonly string[] {
  const wrap = (line: string, indent: number): readonly string[] =>
    width === undefined ? [line] : wrapToWidth(line, width, indent);
  const safe = (part: string): string => safeText(part, { keepColours: false });
  const times = chain.map((link) => timeText(link, now));
  const column = Math.max(0, ...times.map((time) => time.length));
  const links = chain.flatMap((link, index) =>
    wrap(`  ${style.dim((times[index] ?? "").padEnd(column))}  ← ${safe(link.text)}`, column + 6),
  );
  const exit = chain.find(({ origin }) => origin?.type === "exit");
  const title = exit === undefined ? "Its last output:" : `Its output before it ${safe(withoutTime(exit))}:`;
  return [
    ...wrap(style.bold(safe(text)), 2),
    ...links,
    ...(lastLines.length === 0 ? [] : ["", ...wrap(style.dim(title), 2)]),
    ...lastLines.flatMap((line) =>
      outputLines(line, style).flatMap((part) => wrap(`  ${barOf(line)}${part}`, 4)),
    ),
  ];
}

/** As `logs` has it, where the streams are told apart. */
function barOf({ stream }: LogLine): string {
  return stream === undefined ? "" : stream === "stderr" ? "! " : "| ";
}

function outputLines({ text, fields, level }: LogLine, style: Style): readonly string[] {
  if (fields !== undefined && style.enabled) return entryText(fields, level, style);
  return [safeText(text, { keepColours: style.enabled })];
}

/** What an exit was, without how long the run had gone on. */
function withoutTime({ text }: WhyLink): string {
  return text.replace(/ after [\d.]+ \w+$/, "");
}

/** `12:03:11`, with the day before it where that is another one. */
function timeText({ time, seq }: WhyLink, now: number): string {
  if (seq === null) return "";
  const at = new Date(time);
  const clock = [at.getHours(), at.getMinutes(), at.getSeconds()].map(two).join(":");
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  const today = new Date(now);
  const isToday = today.toDateString() === at.toDateString();
  return isToday ? clock : `${day} ${clock}`;
}

function two(count: number): string {
  return String(count).padStart(2, "0");
}
