import { CommandError, exitCodes } from "../exit-codes.ts";

const unitMs: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** `2.5` seconds, as milliseconds. A unit may be given: `500ms`, `2m`. */
export function parseTimeout(text: string): number {
  const read = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)?$/.exec(text);
  if (read === null) {
    throw new CommandError(exitCodes.usage, `--timeout ${text} is no time`, {
      remedy: "give seconds, such as 2.5",
    });
  }
  return Math.round(Number(read[1]) * (unitMs[read[2] ?? "s"] ?? 1_000));
}

/**
 * A time ago such as `10m`, `2h30m` or `3d`, or a date and time; as RFC 3339. `now` is wall-clock milliseconds, `option`
 * what a mistake is told of.
 */
export function parseSince(text: string, now: number, option = "--since"): string {
  const ago = agoMs(text);
  if (ago !== undefined) return new Date(now - ago).toISOString();
  const at = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(at)) {
    throw new CommandError(exitCodes.usage, `${option} ${text} is no time`, {
      remedy: "give a time ago, such as 10m or 2h, or a date and time such as 2030-01-31T12:00:00Z",
    });
  }
  return new Date(at).toISOString();
}

/** A length of time such as `90s`, `12h` or `30d`, in milliseconds. */
export function parseAge(option: string, text: string): number {
  const ms = agoMs(text);
  if (ms !== undefined && ms >= 1) return Math.round(ms);
  throw new CommandError(exitCodes.usage, `${option} ${text} is no length of time`, {
    remedy: "give one such as 90s, 12h or 30d",
  });
}

/** A count such as that of `-n`; undefined for `all`. */
export function parseCount(option: string, text: string): number | undefined {
  if (text === "all") return undefined;
  if (!/^\d{1,16}$/.test(text)) {
    throw new CommandError(exitCodes.usage, `${option} ${text} is no number`, {
      remedy: "give a number from 0 up, or all",
    });
  }
  return Number(text);
}

function agoMs(text: string): number | undefined {
  if (!/^(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+$/.test(text)) return undefined;
  let sum = 0;
  for (const [, count, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g)) {
    sum += Number(count) * (unitMs[unit ?? ""] ?? 0);
  }
  return sum;
}
