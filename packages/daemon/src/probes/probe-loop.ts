import type { Clock, ShutdownToken } from "@holdfast/runtime";
import type { Probe } from "../spec/app-spec.ts";
import { firstRecord, judge, nextLookMs, type ProbeRecord } from "./probe-verdict.ts";

/** Looks once; resolves with whether it was good, within the probe's timeout. */
export type Look = (probe: Probe, token: ShutdownToken) => Promise<boolean>;

/**
 * Looks again and again until the token is cancelled, one look at a time, and tells each change of the verdict.
 * The interval counts from the end of a look. Never rejects: a look that throws is a failure.
 */
export async function probeLoop(
  probe: Probe,
  seams: { readonly clock: Clock; readonly look: Look; readonly token: ShutdownToken },
  onVerdict: (verdict: "good" | "bad") => void,
): Promise<void> {
  const { clock, look, token } = seams;
  const startedAt = clock.monotonic();
  let record: ProbeRecord = firstRecord(startedAt);
  if (probe.initialDelayMs > 0) await clock.sleep(probe.initialDelayMs, token);
  for (let looks = 0; !token.isCancelled; looks++) {
    const ok = await look(probe, token).catch(() => false);
    if (token.isCancelled) return;
    const before = record.verdict;
    record = judge(probe, record, { ok, at: clock.monotonic(), startedAt });
    if (record.verdict !== before && record.verdict !== "unknown") onVerdict(record.verdict);
    await clock.sleep(nextLookMs(probe, record, looks), token);
  }
}
