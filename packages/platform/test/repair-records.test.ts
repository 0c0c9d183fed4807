import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { VirtualClock } from "@holdfast/runtime/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import { processIdentity } from "../src/process/identity.ts";
import { repairRecords } from "../src/repair-records.ts";
import { RunDirectory } from "../src/run-directory.ts";

const cookie = "7c0a4b1e-2f59-4b0e-9f0a-3d5f8a1b6c11";
let base: string;
let runs: RunDirectory;
let program: ChildProcess | undefined;

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), "holdfast-records-"));
  runs = new RunDirectory(base, { clock: new VirtualClock() });
});

afterEach(() => {
  runs.close();
  program?.kill("SIGKILL");
  rmSync(base, { recursive: true, force: true });
});

function begin(): number {
  const env = { HOLDFAST_COOKIE: cookie };
  program = spawn("/bin/sleep", ["1000"], { env, detached: true, stdio: "ignore" });
  return program.pid ?? 0;
}

test("F17: however a pid record was torn, it names the program that carries its cookie again", () => {
  const pid = begin();
  const startTime = processIdentity(pid)?.startTime ?? 0;
  const whole = `${pid} ${startTime}\n`;
  for (let length = 0; length < whole.length; length++) {
    writeFileSync(join(runs.path, `${cookie}.pid`), whole.slice(0, length));
    expect(runs.read(cookie)).toEqual({ starting: true });
    expect(repairRecords(runs, [cookie])).toEqual([{ cookie, pid }]);
    expect(runs.read(cookie)).toEqual({ starting: false, pid, startTime });
  }
});

test("a run that no program belongs to stays one that never began", () => {
  writeFileSync(join(runs.path, `${cookie}.pid`), "");
  expect(repairRecords(runs, [cookie])).toEqual([]);
  expect(runs.read(cookie)).toEqual({ starting: true });
});
