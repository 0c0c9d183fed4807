import type { LogLevel } from "@holdfast/daemon/api";
import type { Style } from "./style.ts";

type Fields = Readonly<Record<string, unknown>>;

const levelKeys = new Set(["level", "lvl", "severity", "levelname", "log.level", "@level", "loglevel"]);
const timeKeys = new Set(["time", "timestamp", "ts", "@timestamp", "datetime", "@t", "asctime"]);
const messageKeys = ["msg", "message", "@message", "short_message", "event", "@m"];
/** The same in every line of a program. */
const noise = new Set(["pid", "hostname", "v", "@version"]);
const stackKeys = ["stack", "stack_trace", "stacktrace", "exc_info"];
const longestValue = 400;

/**
 * A structured line as people read it: `WARN  cannot reach db  tries=3`, and below it the stack of an error. The time is
 * left out, for the log has its own.
 */
export function entryText(fields: Fields, level: LogLevel | undefined, style: Style): readonly string[] {
  const messageKey = messageKeys.find((key) => typeof fields[key] === "string");
  const message = messageKey === undefined ? "" : String(fields[messageKey]);
  const stack = stackOf(fields);
  const rest = Object.entries(fields).flatMap(([key, value]) => {
    if (key === messageKey || noise.has(key) || timeKeys.has(key) || stackKeys.includes(key)) return [];
    if (levelKeys.has(key) && level !== undefined) return [];
    return [`${style.dim(`${key}=`)}${valueText(value)}`];
  });
  const [first = "", ...more] = message.split("\n");
  const name = level === undefined ? "" : levelText(level, style);
  const head = [name, [first, ...rest].filter((part) => part !== "").join("  ")]
    .filter((part) => part !== "")
    .join(" ");
  return [head, ...[...more, ...(stack?.split("\n") ?? [])].map((line) => `  ${line}`)];
}

function levelText(level: LogLevel, style: Style): string {
  const text = level.toUpperCase().padEnd(5);
  switch (level) {
    case "trace":
    case "debug":
      return style.dim(text);
    case "info":
      return style.green(text);
    case "warn":
      return style.yellow(text);
    case "error":
    case "fatal":
      return style.red(text);
  }
}

function stackOf(fields: Fields): string | undefined {
  const found = [fields, fields["err"], fields["error"]].flatMap((holder) =>
    typeof holder === "object" && holder !== null
      ? stackKeys.map((key) => (holder as Fields)[key]).filter((value) => typeof value === "string")
      : [],
  );
  return found[0];
}

function valueText(value: unknown): string {
  const shown = isError(value) ? value.message : value;
  const text =
    typeof shown === "string" && /^[^\s"=]+$/.test(shown) ? shown : (JSON.stringify(shown) ?? "undefined");
  return text.length <= longestValue ? text : `${text.slice(0, longestValue)}…`;
}

/** pino and bunyan put an error's stack beside its message: that is printed below. */
function isError(value: unknown): value is { readonly message: string } {
  return (
    typeof value === "object" &&
    value !== null &&
    "stack" in value &&
    "message" in value &&
    typeof value.message === "string"
  );
}
