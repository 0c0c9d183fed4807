import { spawn } from "node:child_process";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { expect } from "vitest";
import type { Found } from "./whole/hunt.ts";

/** Simulates so many schedules in a process of its own, below a folder that holds `src` and `test` of a daemon. */
export async function runHunt(daemon: string, options: Readonly<Record<string, number>>): Promise<Found> {
  const program = join(daemon, "test/simulation/whole/hunt.ts");
  const given = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const hunt = spawn(process.execPath, [program, ...given], { stdio: ["ignore", "pipe", "pipe"] });
  const [stdout, stderr] = await Promise.all([text(hunt.stdout), text(hunt.stderr)]);
  expect(stdout, stderr).not.toBe("");
  const found = JSON.parse(stdout) as Found;
  return stderr === "" ? found : { ...found, what: `${found.what}\n${stderr}` };
}
