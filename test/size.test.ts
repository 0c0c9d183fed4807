import { expect, test } from "vitest";
import { type BundleSize, bundle, bundleSize } from "./checks/bundle-size.ts";

const runtime = JSON.stringify(new URL("../packages/runtime/src/index.ts", import.meta.url).pathname);
const kib = 1024;

// The aim for the whole is 8 KiB; what is there now is held where it is, so that it can only shrink.
test.each([
  { what: "ShutdownToken and TaskRegistry", names: ["ShutdownToken", "TaskRegistry"], limitKib: 2 },
  { what: "Service", names: ["Service"], limitKib: 4.6 },
  { what: "Supervisor", names: ["Supervisor"], limitKib: 6.5 },
  { what: "the whole of @holdfast/runtime", names: ["*"], limitKib: 14 },
])("$what: at most $limitKib KiB, minified and gzipped", async ({ what, names, limitKib }) => {
  const list = names[0] === "*" ? "*" : `{ ${names.join(", ")} }`;
  const size = await bundleSize(`export ${list} from ${runtime};`);
  print(what, size);
  expect(size.gzipBytes).toBeGreaterThan((limitKib * kib) / 2);
  expect(size.gzipBytes).toBeLessThanOrEqual(limitKib * kib);
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
