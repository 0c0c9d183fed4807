import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "@holdfast/runtime";
import { expect, onTestFinished, test } from "vitest";
import { openLauncher } from "../src/launcher/index.ts";
import { RunDirectory } from "../src/run-directory.ts";
import { describeLauncher } from "./launcher-compliance.ts";

describeLauncher("shim");

test("a failed launch whose record is taken away at once leaves none of a later exit", async () => {
  const home = mkdtempSync(join(tmpdir(), "holdfast-shim-"));
  const runs = new RunDirectory(join(home, "run"), { clock: systemClock });
  const launcher = await openLauncher({ runDirectory: runs, clock: systemClock, kind: "shim" });
  onTestFinished(async () => {
    await launcher[Symbol.asyncDispose]();
    runs.close();
    rmSync(home, { recursive: true });
  });
  // The shim has told of its failure, and comes to nothing else before its record is gone.
  const bin = join(home, "bin");
  mkdirSync(bin);
  const waits = `while [ -e "\${2%.pid}.exit" ]; do sleep 0.01; done`;
  writeFileSync(join(bin, "rm"), `#!/bin/sh\n${waits}\n: >"$0.was-here"; exec /bin/rm "$@"\n`);
  chmodSync(join(bin, "rm"), 0o755);
  const launched = launcher.launch({
    cookie: "app",
    argv: ["true"],
    cwd: home,
    env: { PATH: `${bin}:/usr/bin:/bin` },
    output: join(home, "app.log"),
    cgroups: [join(home, "no-cgroup")],
  });
  await expect(launched).rejects.toMatchObject({ details: { phase: "cgroup" } });
  await expect.poll(() => readdirSync(bin)).toContain("rm.was-here");
  const shims = (): readonly string[] =>
    readdirSync("/proc").filter((name) => /^\d+$/.test(name) && environmentOf(name).includes(`${bin}:`));
  await expect.poll(shims, { timeout: 10_000 }).toEqual([]);
  expect(readdirSync(runs.path)).toEqual([]);
});

function environmentOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, "latin1");
  } catch {
    return "";
  }
}
