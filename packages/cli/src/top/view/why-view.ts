import type { Why } from "@holdfast/daemon/api";
import type { Style } from "../../terminal/style.ts";
import { whyLines } from "../../terminal/why-text.ts";

/** What `holdfast why` prints, within the screen. */
export function whyView(
  answer: Why | undefined,
  columns: number,
  now: number,
  style: Style,
): readonly string[] {
  if (answer === undefined) return [style.dim(" …")];
  const lines = whyLines(answer, { style, now, width: Math.max(1, columns - 1) });
  return ["", ...lines.map((line) => ` ${line.replaceAll("\t", "    ")}`)];
}
