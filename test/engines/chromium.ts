import { existsSync } from "node:fs";

/** Where the chromium of this machine is, if there is one. */
export const chromium: string | undefined = [
  process.env["CHROMIUM"],
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
].find((path) => path !== undefined && existsSync(path));

/** The tests that run in Chromium, but for those below. */
export const suites: string[] = [
  "packages/runtime/test/**/*.test.ts",
  "packages/rpc/test/**/*.test.ts",
  "packages/relay/test/browser/**/*.test.ts",
];

/** The tests that run in Node only, and what they need of it. */
export const nodeOnly: Readonly<Record<string, string>> = {
  "packages/rpc/test/message.test.ts": "reads the files of JSONTestSuite",
  "packages/runtime/test/**/memory.test.ts": "collects garbage when it wants to",
  "packages/runtime/test/peer/cases.test.ts": "reads the other tests",
  "packages/runtime/test/peer/otp/scale.test.ts": "measures the time of its own thread",
  "packages/runtime/test/simulation/mutants.test.ts": "plants faults in copies of the sources",
  "packages/runtime/test/simulation/tree.test.ts": "tells how much processor time 20,000 schedules took",
  "packages/runtime/test/worker-thread.test.ts": "starts threads of Node, and counts them",
};
