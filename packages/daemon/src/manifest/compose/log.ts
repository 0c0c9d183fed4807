/** `log` and `logging`: where a copy of the output goes, how much is kept, and whether its streams are told apart. */
import { leastLogBytes } from "../../logs/retention.ts";
import type { AppSpec } from "../../spec/app-spec.ts";
import { parseBytes } from "../bytes.ts";
import type { Located } from "../located.ts";
import { describeLocated } from "../located.ts";
import type { ProblemList } from "../problem.ts";
import type { MapReader } from "../reader.ts";

type LogSettings = Pick<AppSpec, "logFile" | "logKeep" | "logSplit">;
type LogKeep = NonNullable<AppSpec["logKeep"]>;

/** Drivers whose output one can read again, which is what the daemon does. */
const drivers = ["json-file", "local"];

/** Options of those that say nothing here: the output is kept as it was written. */
const emptyOptions = ["compress", "mode", "max-buffer-size"];

/** What of both is said; `log` goes before `logging`. Code `invalid-value`. */
export function readLog(service: MapReader, problems: ProblemList): LogSettings {
  const logging = readLogging(service, problems);
  const node = service.node("log");
  if (node === undefined) return settingsOf(undefined, logging);
  if (node.kind !== "map") return settingsOf(service.text("log"), logging);
  const read = service.reader("log");
  const file = read?.text("file");
  const maxBytes = read === undefined ? undefined : readBound(read, "max_size", problems);
  const maxAgeMs = read?.durationMs("max_age");
  if (maxAgeMs !== undefined && maxAgeMs < 1000)
    read?.wrong("invalid-value", "max_age", "it must be at least 1s");
  const split = read?.boolean("split");
  read?.finish();
  if (read !== undefined && !["file", "max_size", "max_age", "split"].some((key) => read.has(key))) {
    read.missing("file", "or max_size, or max_age, or split");
  }
  const keep = {
    ...logging,
    ...(maxBytes === undefined ? {} : { maxBytes }),
    ...(maxAgeMs === undefined ? {} : { maxAgeMs }),
  };
  return { ...settingsOf(file, keep), ...(split === true && { logSplit: true }) };
}

function settingsOf(logFile: string | undefined, logKeep: LogKeep): LogSettings {
  return {
    ...(logFile === undefined ? {} : { logFile }),
    ...(Object.keys(logKeep).length === 0 ? {} : { logKeep }),
  };
}

function readLogging(service: MapReader, problems: ProblemList): LogKeep {
  if (!service.has("logging")) return {};
  const logging = service.reader("logging");
  if (logging === undefined) return {};
  const driver = logging.text("driver");
  const options = logging.reader("options");
  logging.finish();
  if (driver !== undefined && !drivers.includes(driver)) {
    const hint = "the daemon keeps the output: json-file and local mean that, with max-size and max-file";
    logging.wrong("unsupported-key", "driver", `${driver} is not supported`, hint);
    // Its options are its own affair.
    return {};
  }
  if (options === undefined) return {};
  const isUnbounded = options.has("max-size") && options.text("max-size") === "-1";
  const size = isUnbounded ? undefined : readSize(options, "max-size", problems);
  const files = options.integer("max-file", { min: 1, max: 1000 }) ?? 1;
  options.accept(...emptyOptions);
  options.finish();
  return size === undefined ? {} : { maxBytes: Math.max(size * files, leastLogBytes) };
}

function readBound(read: MapReader, key: string, problems: ProblemList): number | undefined {
  const bytes = readSize(read, key, problems);
  if (bytes === undefined || bytes >= leastLogBytes) return bytes;
  read.wrong("invalid-value", key, "it must be at least 64k");
  return undefined;
}

function readSize(read: MapReader, key: string, problems: ProblemList): number | undefined {
  const node = read.node(key);
  if (node === undefined) return undefined;
  const bytes = node.kind === "scalar" ? parseBytes(node.text) : undefined;
  return bytes ?? noSize(node, read.pathOf(key), problems);
}

function noSize(node: Located, path: string, problems: ProblemList): undefined {
  const message = `${path} must be a size such as "64m" or "1g", found ${describeLocated(node)}`;
  problems.add("wrong-type", message, node.location);
  return undefined;
}
