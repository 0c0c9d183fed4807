import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Holdfast } from "./holdfast.ts";

const hasSystemd = spawnSync("systemd-analyze", ["--version"]).status === 0;
const verified = hasSystemd ? "the unit" : "the unit (skipped: needs systemd-analyze)";

test.skipIf(!hasSystemd)(`${verified} is one that systemd takes without a word`, async () => {
  await using holdfast = new Holdfast({ "holdfast.yaml": "services: {}\n" });
  const { code, out } = await holdfast.run("daemon", "unit");
  expect(code).toBe(0);
  const verify = (name: string, text: string): string => {
    const path = join(holdfast.root, name);
    writeFileSync(path, text);
    const { stderr } = spawnSync("systemd-analyze", ["verify", "--man=no", path], { encoding: "utf8" });
    // It speaks of other units of the machine too.
    return stderr
      .split("\n")
      .filter((line) => line.includes(name))
      .join("\n");
  };
  expect(verify("holdfast.service", out)).toBe("");
  expect(verify("bad.service", out.replace("KillMode=process", "KillMode=proces"))).toContain("kill mode");
});
