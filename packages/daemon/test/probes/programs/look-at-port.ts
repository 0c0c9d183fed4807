/** Looks at a port where nobody listens, then listens there; tells what came of it. `look-at-port.ts PORT` */
import { createServer } from "node:net";
import { ShutdownToken, systemClock } from "@holdfast/runtime";
import { realLook } from "../../../src/probes/look.ts";
import type { ProbeAction } from "../../../src/spec/app-spec.ts";

const port = Number(process.argv[2]);
const look = realLook({ clock: systemClock, workingDir: "/", environment: {} });
const timing = {
  initialDelayMs: 0,
  intervalMs: 100,
  timeoutMs: 1_000,
  startPeriodMs: 0,
  startIntervalMs: 100,
};
const http = (protocol: string): ProbeAction => {
  return { kind: "http", url: `${protocol}://127.0.0.1:${port}/`, method: "GET", headers: {} };
};
const found: unknown[] = [];
for (const action of [{ kind: "tcp", host: "127.0.0.1", port } as const, http("http"), http("https")]) {
  found.push(
    await look({ ...timing, successThreshold: 1, failureThreshold: 1, action }, new ShutdownToken()),
  );
}
const server = createServer();
const listens = await new Promise((resolve) => {
  server.once("error", ({ message }) => resolve(message));
  server.listen(port, "127.0.0.1", () => resolve("listens"));
});
server.close();
console.log(JSON.stringify([...found, listens]));
