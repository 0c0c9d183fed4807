import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect } from "vitest";
import type { Found } from "./whole/hunt.ts";

/** Simulates so many schedules in a process of its own, below a folder that holds `src` and `test` of a daemon. */
export function runHunt(daemon: string, options: Readonly<Record<string, number>>): Found {
  const program = join(daemon, "test/simulation/whole/hunt.ts");
  const given = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const { stdout, stderr } = spawnSync(process.execPath, [program, ...given], { encoding: "utf8" });
  expect(stdout, stderr).not.toBe("");
  const found = JSON.parse(stdout) as Found;
  return stderr === "" ? found : { ...found, what: `${found.what}\n${stderr}` };
}
