/** Files of programs that Holdfast does not read, but whose users come to it. */
import { hasKey } from "./detect-format.ts";
import type { ManifestFile } from "./load-context.ts";
import type { ProblemList } from "./problem.ts";

/** Adds `foreign-format` for a file of pm2 or supervisord: better than all that is wrong with it as YAML. */
export function refuseForeign(file: ManifestFile, problems: ProblemList): void {
  const program = programOf(file);
  if (program === undefined) return;
  problems.add(
    "foreign-format",
    `this is a file of ${program}, which is not read`,
    { file: file.label, line: 1, column: 1 },
    `docs/guides/from-${program}.md says what to write instead`,
  );
}

function programOf({ path, text }: ManifestFile): "pm2" | "supervisord" | undefined {
  if (/\.(?:[cm]?js|pm2)$/i.test(path)) return "pm2";
  // A list of apps at the margin or one level in, as in JSON; `apps: COMMAND` is an entry of a Procfile.
  const hasApps = /^(?:\{[ \t]*|[ \t]*)["']?apps["']?[ \t]*:[ \t]*(?:\[|\r?$)/m.test(text);
  if (hasApps && !hasKey(text, "services") && !hasKey(text, "processes")) return "pm2";
  return /^\[(?:program:[^\]\n]+|supervisord)\]/m.test(text) ? "supervisord" : undefined;
}
