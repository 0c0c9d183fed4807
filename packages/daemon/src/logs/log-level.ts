/** How grave a line is, as far as it says so itself. */
import { structuredFields } from "./structured-line.ts";

/** From the least grave on. */
export const logLevels = ["trace", "debug", "info", "warn", "error", "fatal"] as const;
export type LogLevel = (typeof logLevels)[number];

/** The names that logging libraries give their levels; syslog's and Google Cloud's among them. */
const names: ReadonlyMap<string, LogLevel> = new Map(
  Object.entries({
    trace: "trace trc silly finest finer",
    debug: "debug dbg verbose fine http",
    info: "info inf information notice log default",
    warn: "warn wrn warning",
    error: "error err severe eror",
    fatal: "fatal ftl critical crit alert emergency emerg panic dpanic",
  } satisfies Record<LogLevel, string>).flatMap(([level, words]) =>
    words.split(" ").map((word) => [word, level as LogLevel] as const),
  ),
);

/** RFC 5424, from emergency on. */
const syslog: readonly LogLevel[] = ["fatal", "fatal", "fatal", "error", "warn", "info", "info", "debug"];

const levelKeys = ["level", "lvl", "severity", "levelname", "log.level", "@level", "loglevel", "log_level"];

/** So much of a line is looked at: a level stands at its beginning. */
const headLength = 240;
const mostTokens = 7;
const mostPlainWords = 2;

/** True when `level` is at least as grave as `least`. A line that says nothing counts as `info`. */
export function isAtLeast(level: LogLevel | undefined, least: LogLevel): boolean {
  return logLevels.indexOf(level ?? "info") >= logLevels.indexOf(least);
}

/**
 * The level that a line gives itself: in JSON, by name or by pino's, bunyan's or syslog's number; as `level=warn`; as
 * syslog's `<3>`; as klog's `E0102`; or as a word near its beginning such as `ERROR`, `[warn]` or `error:`.
 */
export function levelOf(text: string): LogLevel | undefined {
  const fields = structuredFields(text);
  return fields === undefined ? levelOfText(text) : levelOfFields(fields);
}

/** The level in a line that is a JSON object. */
export function levelOfFields(fields: Readonly<Record<string, unknown>>): LogLevel | undefined {
  for (const key of levelKeys) {
    const value = Object.hasOwn(fields, key) ? fields[key] : undefined;
    const level =
      typeof value === "number"
        ? levelOfNumber(value)
        : typeof value === "string"
          ? (names.get(value.trim().toLowerCase()) ?? levelOfDigits(value))
          : undefined;
    if (level !== undefined) return level;
  }
  return undefined;
}

/** Most lines have nothing that could be a level, and need no second look. */
const maybe =
  /^<\d|^[IWEF]\d|lvl|level|trace|trc|silly|fine|debug|dbg|verb|inf|notice|warn|wrn|err|eror|severe|fatal|ftl|crit|alert|emerg|panic/i;

function levelOfText(text: string): LogLevel | undefined {
  if (!maybe.test(text.slice(0, headLength))) return undefined;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colours stand around a level more often than not.
  const head = text.slice(0, headLength).replaceAll(/\u001b\[[0-9;:]{0,32}m/g, "");
  const priority = /^<(\d{1,3})>/.exec(head);
  if (priority !== null) return syslog[Number(priority[1]) & 7];
  const klog = /^([IWEF])\d{4} \d\d:\d\d:/.exec(head);
  if (klog !== null) return ({ I: "info", W: "warn", E: "error", F: "fatal" } as const)[klog[1] as "I"];
  const pair = /(?:^|[\s,{])(?:level|lvl|severity|levelname|loglevel)=["']?([a-z]{3,11})\b/i.exec(head);
  if (pair !== null) return names.get((pair[1] ?? "").toLowerCase());
  return levelOfTokens(head.split(/[\s|]+/, mostTokens));
}

function levelOfTokens(tokens: readonly string[]): LogLevel | undefined {
  let plainWords = 0;
  for (const token of tokens) {
    const level = levelOfToken(token);
    if (level !== undefined) return level;
    // What stands before a level is a time, a name or two, a number in brackets; not a sentence.
    if (/^[A-Za-z]+$/.test(token) && ++plainWords > mostPlainWords) return undefined;
  }
  return undefined;
}

/** Capitals alone (`ERROR`), or any case where brackets or a colon set it off (`[warn]`, `error:`). */
function levelOfToken(token: string): LogLevel | undefined {
  const found = /^([[(<]*)([A-Za-z]{3,11})(!|[\])>]*:?$|[\])>]+|[:/])/.exec(token);
  const [, opening = "", word = "", closing = ""] = found ?? [];
  const level = names.get(word.toLowerCase());
  // "log", "default" and "http" are names of levels, and of much else.
  if (level === undefined || ["log", "default", "http", "fine"].includes(word.toLowerCase()))
    return undefined;
  const isSetOff = opening !== "" || closing !== "";
  return isSetOff || word === word.toUpperCase() ? level : undefined;
}

function levelOfNumber(number: number): LogLevel | undefined {
  if (!Number.isFinite(number) || number < 0) return undefined;
  // Below pino's and bunyan's lowest are the numbers of syslog, as GELF has them.
  if (number < 8) return syslog[Math.floor(number)];
  return logLevels[Math.min(Math.max(Math.floor(number / 10), 1), logLevels.length) - 1];
}

function levelOfDigits(text: string): LogLevel | undefined {
  return /^\d{1,3}$/.test(text) ? levelOfNumber(Number(text)) : undefined;
}
