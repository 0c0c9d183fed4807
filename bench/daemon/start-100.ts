// 100 `sleep`s to all running: `holdfast up -d` beside a bare Node script, each timed as a whole command, in turns.
//   node bench/daemon/start-100.ts [ROUNDS]
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const count = 100;
const rounds = Number(process.argv[2] ?? 7);
const run = promisify(execFile);
const holdfast = fileURLToPath(new URL("../../packages/cli/bin/holdfast.js", import.meta.url));
const bare = fileURLToPath(new URL("programs/bare-spawn.ts", import.meta.url));

const directory = mkdtempSync(join(tmpdir(), "holdfast-bench-"));
const env = { ...process.env, HOLDFAST_HOME: join(directory, "home") };
const manifest = join(directory, "holdfast.yaml");
const apps = Array.from({ length: count }, (_, index) => `  app${index}: { command: sleep 1000 }\n`);
writeFileSync(manifest, `name: bench\nservices:\n${apps.join("")}`);
const command = (...args: string[]): Promise<{ stdout: string }> =>
  run(process.execPath, [holdfast, ...args], { cwd: directory, env, maxBuffer: 1e8 });

const times = { bare: [] as number[], warm: [] as number[], cold: [] as number[], memory: [] as number[] };
for (let round = 0; round < rounds; round++) {
  times.bare.push(await timeBare());
  times.cold.push(await timeUp());
  await command("down", "-f", manifest);
  times.warm.push(await timeUp());
  times.memory.push(await residentMegabytes());
  await command("daemon", "stop");
}
rmSync(directory, { recursive: true });

const floor = median(times.bare);
console.log(`${count} sleeps to all running, median of ${rounds} rounds:`);
console.log(`  bare Node script        ${floor.toFixed(0)} ms`);
for (const [name, key] of [
  ["holdfast up -d, daemon up", "warm"],
  ["holdfast up -d, cold", "cold"],
] as const) {
  const time = median(times[key]);
  console.log(`  ${name.padEnd(26)}${time.toFixed(0)} ms   ratio ${(time / floor).toFixed(2)}`);
}
console.log(`  daemon's resident memory  ${median(times.memory).toFixed(0)} MB`);

async function timeBare(): Promise<number> {
  const begun = performance.now();
  const child: ChildProcess = spawn(process.execPath, [bare, String(count)], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  await new Promise((resolve) => child.stdout?.once("data", resolve));
  const took = performance.now() - begun;
  child.stdin?.end();
  await new Promise((resolve) => child.once("exit", resolve));
  return took;
}

async function timeUp(): Promise<number> {
  const begun = performance.now();
  await command("up", "-d", "-f", manifest);
  const took = performance.now() - begun;
  const rows = JSON.parse((await command("ps", "--json")).stdout) as readonly { readonly state: string }[];
  const running = rows.filter((row) => row.state === "running").length;
  if (running !== count) throw new Error(`only ${running} of ${count} run after up`);
  return took;
}

async function residentMegabytes(): Promise<number> {
  const status = JSON.parse((await command("daemon", "status", "--json")).stdout) as { readonly pid: number };
  const text = readFileSync(`/proc/${status.pid}/status`, "utf8");
  return Number(/VmRSS:\s+(\d+)/.exec(text)?.[1]) / 1024;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
