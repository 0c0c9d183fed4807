/** Looks at each URL once, and tells what was found. `look-at-url.ts URL…` */
import { ShutdownToken, systemClock } from "@holdfast/runtime";
import { realLook } from "../../../src/probes/look.ts";

const look = realLook({ clock: systemClock, workingDir: "/", environment: {} });
const timing = {
  initialDelayMs: 0,
  intervalMs: 100,
  timeoutMs: 5_000,
  startPeriodMs: 0,
  startIntervalMs: 100,
};
const found: unknown[] = [];
for (const url of process.argv.slice(2)) {
  const action = { kind: "http", url, method: "GET", headers: {} } as const;
  found.push(
    await look({ ...timing, successThreshold: 1, failureThreshold: 1, action }, new ShutdownToken()),
  );
}
console.log(JSON.stringify(found));
