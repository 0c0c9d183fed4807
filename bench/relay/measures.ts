/** Figures from samples. */

/** The value below which `share` of the samples are. */
export function quantile(samples: readonly number[], share: number): number {
  const sorted = samples.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** `p50 1.52  p95 2.6  p99 4.1 ms`. */
export function told(samples: readonly number[]): string {
  const at = (share: number) => quantile(samples, share).toFixed(2).padStart(9);
  return `p50 ${at(0.5)}  p95 ${at(0.95)}  p99 ${at(0.99)} ms   (${samples.length})`;
}
