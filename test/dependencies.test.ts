import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

interface Locked {
  readonly version?: string;
  readonly license?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly hasInstallScript?: boolean;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly link?: boolean;
}

const text = readFileSync(new URL("../package-lock.json", import.meta.url), "utf8");
const { packages } = JSON.parse(text) as { readonly packages: Readonly<Record<string, Locked>> };
const ours = Object.keys(packages).filter((path) => /^packages\/[^/]+$/.test(path));

/** What is installed with what we publish, and by which range it is asked for. */
function installed(): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const waiting = ours.flatMap((path) => Object.entries(packages[path]?.dependencies ?? {}));
  for (const [name, range] of waiting) {
    if (name.startsWith("@holdfast/") || found.has(name)) continue;
    found.set(name, range);
    const { dependencies = {}, optionalDependencies = {} } = packages[`node_modules/${name}`] ?? {};
    waiting.push(...Object.entries(dependencies), ...Object.entries(optionalDependencies));
  }
  return found;
}

test("T13: eight packages of others' are installed with ours, each in one exact version", () => {
  // One more is a decision: docs/decisions says why, and what else was looked at.
  expect([...installed().keys()].sort()).toEqual([
    "@hpke/common",
    "@hpke/core",
    "@valibot/to-json-schema",
    "croner",
    "eventsource-parser",
    "valibot",
    "ws",
    "yaml",
  ]);
  for (const [name, range] of installed()) {
    expect([name, packages[`node_modules/${name}`]?.version]).toEqual([name, range]);
  }
});

test("T13: what is published may be used as it is, and runs nothing when it is installed", () => {
  for (const name of installed().keys()) {
    const { license, hasInstallScript } = packages[`node_modules/${name}`] ?? {};
    expect([name, ["MIT", "ISC", "Apache-2.0", "BSD-3-Clause"].includes(license ?? "")]).toEqual([
      name,
      true,
    ]);
    expect([name, hasInstallScript ?? false]).toEqual([name, false]);
  }
});

test("T13: of all that the workspace installs only node runs a script, as package.json says", () => {
  const scripted = Object.keys(packages).filter((path) => packages[path]?.hasInstallScript === true);
  const manifest = readFileSync(new URL("../package.json", import.meta.url), "utf8");
  const { allowScripts } = JSON.parse(manifest) as {
    readonly allowScripts: Readonly<Record<string, boolean>>;
  };
  expect(scripted.filter((path) => path !== "")).toEqual(
    Object.keys(allowScripts).map((name) => `node_modules/${name}`),
  );
});
