/** The `.foreman` file beside a Procfile: foreman's command-line options, kept. */
import { join } from "node:path";
import { type LoadContext, labelOf } from "../load-context.ts";
import { isNull } from "../located.ts";
import { MapReader } from "../reader.ts";
import { wrongType } from "../value.ts";
import { parseYaml } from "../yaml-source.ts";

export interface ForemanOptions {
  readonly port?: number;
  /** Environment files in place of `.env`, as written. */
  readonly envFiles?: readonly string[];
  /** The directory the processes run in, as written. */
  readonly root?: string;
  /** From SIGTERM to SIGKILL. */
  readonly timeoutMs?: number;
  /** How many instances of each; `all` is for those that are not named. */
  readonly formation: ReadonlyMap<string, number>;
}

const none: ForemanOptions = { formation: new Map([["all", 1]]) };

/** The options of `directory`, or foreman's defaults. Codes: those of YAML, `invalid-value`, `unknown-key`. */
export function readForemanOptions(directory: string, context: LoadContext): ForemanOptions {
  const path = join(directory, ".foreman");
  const file = context.sources.readText(path);
  if (file.kind !== "text") return none;
  const root = parseYaml(labelOf(context, path), file.text, context.problems);
  if (root === undefined || isNull(root)) return none;
  if (root.kind !== "map") return wrongType(root, ".foreman", context.problems, "a map of options") ?? none;
  return readOptions(new MapReader(root, "", context.problems), context);
}

function readOptions(reader: MapReader, context: LoadContext): ForemanOptions {
  // What only concerns foreman's own output and its exports to other supervisors.
  reader.accept("color", "timestamp", "app", "log", "run", "user", "template");
  const port = reader.integer("port", { min: 1, max: 65_535 });
  const envFiles = reader.text("env")?.split(",");
  const root = reader.text("root");
  const timeoutMs = reader.durationMs("timeout", 1000);
  const formationKey = reader.has("formation") ? "formation" : "concurrency";
  const formation = readFormation(reader, formationKey);
  const procfile = reader.text("procfile");
  if (procfile !== undefined && procfile !== "Procfile") {
    const message = `.foreman names "${procfile}", and is not asked for a Procfile`;
    context.warnings.add("ignored-key", message, reader.locationOf("procfile"), `say -f ${procfile}`);
  }
  reader.finish();
  return {
    formation,
    ...(port === undefined ? {} : { port }),
    ...(envFiles === undefined ? {} : { envFiles }),
    ...(root === undefined ? {} : { root }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  };
}

/** `web=2,worker=0`: with a formation that does not say `all`, who is not named does not run. */
function readFormation(reader: MapReader, key: string): ReadonlyMap<string, number> {
  const text = reader.text(key);
  if (text === undefined) return none.formation;
  const formation = new Map<string, number>();
  for (const pair of text.replace(/\s/g, "").split(",")) {
    const [, name, amount] = /^([A-Za-z0-9_-]+)=(\d{1,4})$/.exec(pair) ?? [];
    if (name === undefined) reader.wrong("invalid-value", key, `"${pair}" is not of the form name=count`);
    else formation.set(name, Number(amount));
  }
  return formation;
}
