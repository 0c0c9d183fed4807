/** Spans of time as Compose writes them: a series of numbers with units, largest first, such as `1h30m`. */

const unitMs: Readonly<Record<string, number>> = {
  d: 86_400_000,
  h: 3_600_000,
  m: 60_000,
  s: 1000,
  ms: 1,
  us: 0.001,
  µs: 0.001,
  ns: 0.000_001,
};
const part = /(\d+(?:\.\d*)?|\.\d+)(ms|us|µs|ns|d|h|m|s)/gy;

/**
 * Milliseconds (not rounded below one) of a text such as `1m30s`, `500ms` or `0`; undefined when it is no
 * duration. A bare number means nothing without `bareUnitMs`, the unit that the format gives it.
 */
export function parseDuration(text: string, bareUnitMs?: number): number | undefined {
  const trimmed = text.trim();
  if (trimmed === "0") return 0;
  if (bareUnitMs !== undefined && /^\d+(\.\d+)?$/.test(trimmed)) return Number(trimmed) * bareUnitMs;
  let total = 0;
  part.lastIndex = 0;
  while (part.lastIndex < trimmed.length) {
    const match = part.exec(trimmed);
    if (match === null) return undefined;
    total += Number(match[1]) * (unitMs[match[2] ?? ""] ?? Number.NaN);
  }
  return trimmed === "" || !Number.isFinite(total) ? undefined : Math.round(total * 1e6) / 1e6;
}
