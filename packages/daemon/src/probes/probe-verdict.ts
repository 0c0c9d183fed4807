import type { Probe } from "../spec/app-spec.ts";

/** What a probe has found out so far. */
export interface ProbeRecord {
  readonly verdict: "unknown" | "good" | "bad";
  /** Successes in a row, then failures in a row that counted. */
  readonly successes: number;
  readonly failures: number;
  /** When the last failure that counted was seen, or the app was started: monotonic milliseconds. */
  readonly countedAt: number;
}

export function firstRecord(startedAt: number): ProbeRecord {
  return { verdict: "unknown", successes: 0, failures: 0, countedAt: startedAt };
}

type Thresholds = Pick<
  Probe,
  "successThreshold" | "failureThreshold" | "intervalMs" | "startPeriodMs" | "initialDelayMs"
>;

/**
 * Takes one result into account. A failure counts only outside the start period, and only when a whole interval has
 * passed since the last one that counted: the quick looks taken while an app comes up cost it nothing.
 */
export function judge(
  probe: Thresholds,
  record: ProbeRecord,
  result: { readonly ok: boolean; readonly at: number; readonly startedAt: number },
): ProbeRecord {
  if (result.ok) {
    const successes = record.successes + 1;
    const verdict = successes >= probe.successThreshold ? "good" : record.verdict;
    return { verdict, successes, failures: 0, countedAt: record.countedAt };
  }
  const inStartPeriod = result.at - result.startedAt < probe.initialDelayMs + probe.startPeriodMs;
  if (record.verdict !== "good" && inStartPeriod) return { ...record, successes: 0 };
  if (result.at - record.countedAt < probe.intervalMs) return { ...record, successes: 0 };
  const failures = record.failures + 1;
  const verdict = failures >= probe.failureThreshold ? "bad" : record.verdict;
  return { verdict, successes: 0, failures, countedAt: result.at };
}

const firstLookMs = 20;
const longestQuickLookMs = 1_000;

/** How long to wait before the next look: short and growing to a second until the first verdict, then the probe's interval. */
export function nextLookMs(
  probe: Pick<Probe, "intervalMs" | "startIntervalMs" | "startPeriodMs">,
  record: ProbeRecord,
  looks: number,
): number {
  if (record.verdict !== "unknown") return probe.intervalMs;
  const usual =
    probe.startPeriodMs > 0 ? Math.min(probe.startIntervalMs, probe.intervalMs) : probe.intervalMs;
  return Math.min(usual, longestQuickLookMs, firstLookMs * 2 ** Math.min(looks, 20));
}
