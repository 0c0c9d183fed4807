import { defineConfig } from "vitest/config";
import { poll } from "./test/engines/poll.ts";
import { reporters } from "./test/engines/reporters.ts";

export default defineConfig({
  test: {
    reporters: reporters("node"),
    include: ["packages/*/test/**/*.test.ts", "test/**/*.test.ts", "examples/**/*.test.ts"],
    expect: { poll },
    testTimeout: 20_000,
    hookTimeout: 20_000,
    pool: "forks",
  },
});
