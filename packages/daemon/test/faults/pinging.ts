import { systemClock } from "@holdfast/runtime";
import type { Api } from "./killable-daemon.ts";

/** Asks a daemon again and again while some work goes on; resolves with how long each answer took, in milliseconds. */
export async function pingedDuring(api: Api, work: () => Promise<unknown>): Promise<readonly number[]> {
  const pings: number[] = [];
  let isDone = false;
  const asking = (async () => {
    while (!isDone) {
      const asked = systemClock.monotonic();
      await api.call("system.healthz", {});
      pings.push(systemClock.monotonic() - asked);
      await systemClock.sleep(10);
    }
  })();
  await work().finally(() => {
    isDone = true;
  });
  await asking;
  return pings.toSorted((a, b) => a - b);
}

/** Of sorted values. */
export function p99(values: readonly number[]): number {
  return values[Math.floor(values.length * 0.99)] ?? 0;
}
