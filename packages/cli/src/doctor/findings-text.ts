import type { Style } from "../terminal/style.ts";
import { wrapToWidth } from "../terminal/text-width.ts";
import type { Finding } from "./finding.ts";

/** A line for each finding, below it what follows and what to do, and a verdict. A remedy is never broken: it is copied. */
export function findingsText(findings: readonly Finding[], columns: number, style: Style): string {
  const width = Math.max(0, ...findings.map(({ check }) => check.length));
  const lines = findings.flatMap(({ check, level, text, means, remedy }) => {
    const indent = width + 5;
    const margin = " ".repeat(indent);
    return [
      ...wrapToWidth(`${mark(level, style)} ${check.padEnd(width)}   ${text}`, columns, indent),
      ...(means === undefined ? [] : wrapToWidth(`${margin}${means}`, columns, indent).map(style.dim)),
      ...(remedy === undefined ? [] : [`${margin}${style.bold(remedy)}`]),
    ];
  });
  return `${[...lines, "", verdict(findings)].join("\n")}\n`;
}

function mark(level: Finding["level"], { green, yellow, red }: Style): string {
  switch (level) {
    case "ok":
      return green("✓");
    case "warning":
      return yellow("!");
    case "problem":
      return red("✗");
  }
}

function verdict(findings: readonly Finding[]): string {
  const count = (level: Finding["level"], word: string): readonly string[] => {
    const found = findings.filter((finding) => finding.level === level).length;
    return found === 0 ? [] : [`${found} ${word}${found === 1 ? "" : "s"}`];
  };
  const parts = [...count("problem", "problem"), ...count("warning", "warning")];
  return parts.length === 0 ? "all is well" : parts.join(", ");
}
