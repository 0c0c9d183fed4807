import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

// They take long, look at real time, start threads or programs, or test the test aids: no fair judges of a source that is
// instrumented, on a machine that is busy.
const leftOut = [
  "cycles.test.ts",
  "hung-hooks.test.ts",
  "supervisor-random.test.ts",
  "peer-program.test.ts",
  "worker*.test.ts",
  "simulation/**",
  "otp/{scale,memory}.test.ts",
];

/** The same of single tests, by how their names begin. */
const leftOutByName = /^test\((?="a million tasks )/gm;

/** The first failure ends the search, so the tests that take long come last. */
class QuickFirst extends BaseSequencer {
  override sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const takesLong = ({ moduleId }: TestSpecification) =>
      /\/(memory|shutdown|tree)\.test/.test(moduleId) ? 1 : 0;
    return Promise.resolve(files.toSorted((a, b) => takesLong(a) - takesLong(b)));
  }
}

export default defineConfig({
  plugins: [
    {
      name: "leave-out",
      enforce: "pre",
      transform: (code, id) =>
        id.endsWith(".test.ts") ? code.replace(leftOutByName, "test.skip(") : undefined,
    },
  ],
  test: {
    include: ["packages/runtime/test/**/*.test.ts"],
    exclude: leftOut.map((name) => `**/${name}`),
    testTimeout: 5_000,
    sequence: { sequencer: QuickFirst },
  },
});
