import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { type LockedPackages, missingPackages } from "../scripts/complete-lock.ts";

test("the lock file has the packages of all platforms, without which npm ci installs nothing", () => {
  const text = readFileSync(new URL("../package-lock.json", import.meta.url), "utf8");
  const { packages } = JSON.parse(text) as { readonly packages: LockedPackages };
  // If this fails: node scripts/complete-lock.ts
  expect(Object.keys(missingPackages(packages))).toEqual([]);
});

test("a platform package that the lock file lacks is known by its owner and its name", () => {
  const packages = {
    "": {},
    "node_modules/a": {
      dev: true,
      optionalDependencies: { "@a/linux-x64-musl": "1.2.3", "@a/darwin-arm64": "1.2.3" },
    },
    "node_modules/@a/darwin-arm64": { version: "1.2.3" },
    "node_modules/b/node_modules/c": {
      optionalDependencies: { "c-linux-x64": "2.0.0", "c-win32-x64": "2.0.0" },
    },
    "node_modules/b/node_modules/c-win32-x64": {},
  };
  expect(missingPackages(packages)).toEqual({
    "node_modules/@a/linux-x64-musl": {
      version: "1.2.3",
      os: ["linux"],
      cpu: ["x64"],
      libc: ["musl"],
      dev: true,
      optional: true,
    },
    "node_modules/c-linux-x64": {
      version: "2.0.0",
      os: ["linux"],
      cpu: ["x64"],
      libc: ["glibc"],
      optional: true,
    },
  });
});
