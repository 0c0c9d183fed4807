/** F20: the pid of a program that ended is given to a stranger. */
import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { lacking } from "./needs.ts";
import { scaled } from "./scale.ts";

const program = new URL("programs/reuse-pids.ts", import.meta.url).pathname;

test("F20: whoever has the pid of a program that ended is never taken for it, nor signalled", {
  timeout: 600_000,
}, ({ skip }) => {
  const lack = lacking("root", "unshare");
  if (lack !== undefined) skip(lack);
  const rounds = scaled(100, 1_000);
  const args = ["-pfm", "--mount-proc", "--kill-child", process.execPath, program, `${rounds}`];
  const { stdout, stderr } = spawnSync("unshare", args, { encoding: "utf8" });
  expect(stderr).toBe("");
  console.log(`F20: ${rounds} pids reused, wrong signals ${stdout.trim().split(" ")[1]}`);
  expect(stdout.trim()).toBe(`${rounds} 0`);
});
