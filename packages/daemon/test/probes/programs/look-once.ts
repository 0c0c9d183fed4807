import { ShutdownToken, systemClock } from "@holdfast/runtime";
import { realLook } from "../../../src/probes/look.ts";
import type { Found } from "../../../src/probes/probe-loop.ts";
import type { ProbeAction } from "../../../src/spec/app-spec.ts";

const look = realLook({ clock: systemClock, workingDir: "/", environment: {} });
const timing = {
  initialDelayMs: 0,
  intervalMs: 100,
  timeoutMs: 5_000,
  startPeriodMs: 0,
  startIntervalMs: 100,
};

/** What one look at the real world finds. */
export function lookOnce(action: ProbeAction): Promise<Found> {
  return look({ ...timing, successThreshold: 1, failureThreshold: 1, action }, new ShutdownToken());
}

/** A look by `GET`. */
export function lookAtUrl(url: string): Promise<Found> {
  return lookOnce({ kind: "http", url, method: "GET", headers: {} });
}
