import type { Why } from "@holdfast/daemon/api";
import { clockTime } from "../../terminal/clock-time.ts";
import { safeText } from "../../terminal/safe-text.ts";
import type { Style } from "../../terminal/style.ts";
import { wrapToWidth } from "../../terminal/text-width.ts";
import { logRows } from "../log-rows.ts";

/** The answer to why, from the state now back to what it began with, and what was written last before. */
export function whyView(answer: Why | undefined, columns: number, style: Style): readonly string[] {
  if (answer === undefined) return [style.dim(" …")];
  const plain = (text: string): string => safeText(text.replaceAll("\n", " "), { keepColours: false });
  const { text, chain, lastLines } = answer;
  const links = chain.flatMap((link) => {
    const by = link.by === null || link.text.includes(link.by) ? "" : `, by ${link.by}`;
    const head = style.dim(clockTime(link.time).slice(0, 8));
    return wrapToWidth(` ${head} ← ${plain(link.text)}${plain(by)}`, columns, 12);
  });
  return [
    ...wrapToWidth(` ${style.bold(plain(text))}`, columns, 1),
    "",
    ...links,
    ...(lastLines.length === 0 ? [] : ["", style.dim(" it wrote last:")]),
    ...lastLines.flatMap((line) => logRows(line, columns - 1, style).map((row) => ` ${row}`)),
  ];
}
