import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { expect, test, vi } from "vitest";
import * as runtime from "../src/index.ts";

test("the example of the README runs, and ends with exit code 0", async () => {
  const readme = await readFile(fileURLToPath(new URL("../README.md", import.meta.url)), "utf8");
  const [, names = "", body = ""] =
    /```ts\nimport \{ (.*) \} from "@holdfast\/runtime";\n([\s\S]*?)```/.exec(readme) ?? [];
  const log = vi.fn();
  const AsyncFunction = Object.getPrototypeOf(async () => {}).constructor as new (
    ...args: string[]
  ) => (...args: unknown[]) => Promise<void>;
  await new AsyncFunction("runtime", "console", `const { ${names} } = runtime;\n${body}`)(runtime, { log });
  const lines = log.mock.calls.map((args) => args.join(" "));
  expect(lines).toContain("main, run 1");
  expect(lines).toContain("child-exited metrics");
  expect(lines.at(-1)).toBe("run-completed 0");
  expect(body.trimEnd().split("\n").length).toBeLessThanOrEqual(15);
});
