/** Which of the formats a manifest is written in. */
import { basename } from "node:path";
import type { ManifestFile } from "./load-context.ts";

export type ManifestFormat = "compose" | "process-compose" | "procfile";

/**
 * By name where it says so (`Procfile`, `Procfile.dev`), else by the keys at the margin: `processes:` or
 * `services:`. What is left is told by its name again, and at last by whether it is lines of `name: command`.
 */
export function detectFormat(file: Pick<ManifestFile, "path" | "text">): ManifestFormat {
  const name = basename(file.path).toLowerCase();
  if (/^procfile(\.|$)/.test(name) || name.endsWith(".procfile")) return "procfile";
  if (hasKey(file.text, "services")) return "compose";
  if (hasKey(file.text, "processes")) return "process-compose";
  if (/^process-compose\b.*\.(ya?ml|json)$/.test(name)) return "process-compose";
  if (/\.(ya?ml|json)$/.test(name)) return "compose";
  return isLinesOfCommands(file.text) ? "procfile" : "compose";
}

/** True for a key of the outermost map, in block or JSON style. */
export function hasKey(text: string, key: string): boolean {
  return new RegExp(
    `^(?:\\uFEFF)?(?:["']?${key}["']?|\\{?\\s*["']${key}["'])[ \\t]*:(?:[ \\t\\r\\n{]|$)`,
    "m",
  ).test(text);
}

function isLinesOfCommands(text: string): boolean {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== "" && !line.startsWith("#"));
  return lines.length > 0 && lines.every((line) => /^[A-Za-z0-9_-]+:[ \t]*\S/.test(line));
}
