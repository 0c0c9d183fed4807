import type { Clock, ShutdownToken } from "@holdfast/runtime";
import type { Probe } from "../spec/app-spec.ts";
import { firstRecord, judge, nextLookMs, type ProbeRecord } from "./probe-verdict.ts";

/** What one look found, in words: `200`, `connection refused`. */
export interface Found {
  readonly ok: boolean;
  readonly text: string;
}

/** Looks once; resolves with what was found, within the probe's timeout. */
export type Look = (probe: Probe, token: ShutdownToken) => Promise<Found>;

/** A look that was taken. */
export interface LookResult extends Found {
  /** When it began: wall-clock milliseconds. */
  readonly at: number;
  readonly tookMs: number;
}

export interface ProbeSeams {
  readonly clock: Clock;
  readonly look: Look;
  readonly token: ShutdownToken;
  readonly onResult?: (result: LookResult) => void;
}

/**
 * Looks again and again until the token is cancelled, one look at a time, and tells each change of the verdict, with
 * what was found. The interval counts from the end of a look. Never rejects: a look that throws is a failure.
 */
export async function probeLoop(
  probe: Probe,
  { clock, look, token, onResult }: ProbeSeams,
  onVerdict: (verdict: "good" | "bad", text: string) => void,
): Promise<void> {
  const startedAt = clock.monotonic();
  let record: ProbeRecord = firstRecord(startedAt);
  if (probe.initialDelayMs > 0) await clock.sleep(probe.initialDelayMs, token);
  for (let looks = 0; !token.isCancelled; looks++) {
    const [at, begun] = [clock.now(), clock.monotonic()];
    const { ok, text } = await look(probe, token).catch(failure);
    if (token.isCancelled) return;
    onResult?.({ at, ok, text, tookMs: clock.monotonic() - begun });
    const before = record.verdict;
    record = judge(probe, record, { ok, at: clock.monotonic(), startedAt });
    if (record.verdict !== before && record.verdict !== "unknown") {
      onVerdict(record.verdict, ok || record.failures < 2 ? text : `${text} (${record.failures} times)`);
    }
    await clock.sleep(nextLookMs(probe, record, looks), token);
  }
}

function failure(error: unknown): Found {
  return { ok: false, text: error instanceof Error ? error.message : String(error) };
}
