import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { readUsages } from "../src/process/usage.ts";

/** A program in a session of its own, as an app is, that says when it is there. */
async function program(script: string): Promise<ChildProcess & { readonly pid: number }> {
  const child = spawn("/bin/sh", ["-c", script], { detached: true, stdio: ["ignore", "pipe", "ignore"] });
  const { pid } = child;
  if (pid === undefined) throw new Error("it did not start");
  onTestFinished(() => void process.kill(-pid, "SIGKILL"));
  await new Promise((resolve) => child.stdout?.once("data", resolve));
  return Object.assign(child, { pid });
}

test("without a cgroup the session of the leader is what counts, with all that descends from it", async () => {
  const { pid } = await program("sleep 60 & (setsid sleep 60 & echo ready; wait)");
  const [usage] = readUsages([{ leader: pid, cgroups: [] }]);
  expect(usage?.processes).toBeGreaterThanOrEqual(4);
  expect(usage?.memoryBytes).toBeGreaterThan(500_000);
  expect(usage?.memoryBytes).toBeLessThan(100_000_000);
});

test("processor time includes that of processes that have ended", async () => {
  const busy = "i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done";
  const { pid } = await program(`sh -c '${busy}'; echo ready; sleep 60`);
  const [usage] = readUsages([{ leader: pid, cgroups: [] }]);
  expect(usage?.cpuMs).toBeGreaterThan(20);
});

test("a cgroup's own figures are taken where it has them, less what is only cached", async () => {
  const { pid } = await program("echo ready; sleep 60");
  const directory = mkdtempSync(join(tmpdir(), "holdfast-cgroup-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const write = (name: string, text: string): void => writeFileSync(join(directory, name), text);
  write("cgroup.procs", `${pid}\n`);
  write("cpu.stat", "usage_usec 2500000\nuser_usec 2000000\n");
  write("memory.current", "9000000\n");
  write("memory.stat", "anon 5000000\ninactive_file 4000000\n");
  expect(readUsages([{ leader: pid, cgroups: [directory] }])).toEqual([
    { cpuMs: 2_500, memoryBytes: 5_000_000, processes: 1 },
  ]);
});

test("hierarchies of version 1 are read too, each for what it has", async () => {
  const { pid } = await program("echo ready; sleep 60");
  const directory = mkdtempSync(join(tmpdir(), "holdfast-cgroup-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  writeFileSync(join(directory, "cgroup.procs"), `${pid}\n`);
  writeFileSync(join(directory, "cpuacct.usage"), "1500000000\n");
  writeFileSync(join(directory, "memory.usage_in_bytes"), "7000000\n");
  expect(readUsages([{ leader: pid, cgroups: ["/nowhere", directory] }])).toEqual([
    { cpuMs: 1_500, memoryBytes: 7_000_000, processes: 1 },
  ]);
});

test("of what is gone nothing is known", () => {
  expect(readUsages([{ leader: 4_194_305, cgroups: [] }])).toEqual([
    { cpuMs: null, memoryBytes: null, processes: null },
  ]);
});
