import { expect, test } from "vitest";
import { type BundleSize, bundle, bundleSize } from "./checks/bundle-size.ts";

const runtime = JSON.stringify(new URL("../packages/runtime/src/index.ts", import.meta.url).pathname);
const kib = 1024;

test("the whole runtime is at most 8 KiB, minified and gzipped", async () => {
  const size = await bundleSize(`export * from ${runtime};`);
  print("@holdfast/runtime", size);
  expect(size.gzipBytes).toBeGreaterThan(kib);
  expect(size.gzipBytes).toBeLessThanOrEqual(8 * kib);
});

test("a shutdown token and a task registry alone are at most 2 KiB", async () => {
  const size = await bundleSize(`export { ShutdownToken, TaskRegistry } from ${runtime};`);
  print("ShutdownToken + TaskRegistry", size);
  expect(size.gzipBytes).toBeGreaterThan(kib / 2);
  expect(size.gzipBytes).toBeLessThanOrEqual(2 * kib);
});

test("who imports one small thing gets nothing else of the runtime", async () => {
  const code = await bundle(`import { backoffDelay } from ${runtime}; console.log(backoffDelay);`);
  expect(code).not.toMatch(/class\b/);
  expect(code.length).toBeLessThan(kib);
});

test("importing the runtime for nothing leaves nothing: no module has an effect of its own", async () => {
  expect((await bundle(`import ${runtime};`)).trim()).toBe("");
});

function print(what: string, { minifiedBytes, gzipBytes }: BundleSize): void {
  console.log(`${what}: ${gzipBytes} B gzipped, ${minifiedBytes} B minified`);
}
