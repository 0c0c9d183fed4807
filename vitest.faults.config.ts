import { defineConfig } from "vitest/config";
import { poll } from "./test/engines/poll.ts";
import { reporters } from "./test/engines/reporters.ts";

/** The fault matrix: real daemons, killed and starved. Minutes, not seconds; each test prints its figure. */
export default defineConfig({
  test: {
    reporters: reporters("faults"),
    include: ["packages/*/test/faults/**/*.fault.ts"],
    expect: { poll },
    testTimeout: 120_000,
    hookTimeout: 60_000,
    pool: "forks",
    fileParallelism: false,
  },
});
