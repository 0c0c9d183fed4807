import { defineConfig } from "vitest/config";

// They look at real time, start threads, or test the test aids: slow here, and no judge of the sources.
const leftOut = ["cycles.test.ts", "scale.test.ts", "otp/memory.test.ts", "worker*.test.ts", "simulation/**"];

export default defineConfig({
  test: {
    include: ["packages/runtime/test/**/*.test.ts"],
    exclude: leftOut.map((name) => `**/${name}`),
    testTimeout: 5_000,
  },
});
