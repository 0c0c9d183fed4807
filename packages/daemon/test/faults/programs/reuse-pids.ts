/**
 * Run as the first process of a pid namespace of its own: gives the pid of an ended program to a stranger, again and
 * again, and does to the tree of the former all that a daemon does. Prints `REUSED WRONG`, and where daemons were wrong.
 */
import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { isAlive, ProcessScanner, ProcessTree, processIdentity, stopTree } from "@holdfast/platform";
import { systemClock } from "@holdfast/runtime";

const rounds = Number(process.argv[2]);
const scanner = new ProcessScanner();
const cookie = "0f5e0c3a-6ad9-4a6e-b7f5-3f6f4c1f2b11";
let reused = 0;
let wrong = 0;

while (reused < rounds) {
  const first = spawn("/bin/sleep", ["1000"], {
    env: { HOLDFAST_COOKIE: cookie },
    detached: true,
    stdio: "ignore",
  });
  const pid = first.pid ?? 0;
  const leader = processIdentity(pid);
  const gone = new Promise((resolve) => void first.once("exit", resolve));
  first.kill("SIGKILL");
  await gone;
  // A start is known to 10 ms: within that no pid comes round, but by what this program does.
  const startTicks = leader?.startTime ?? 0;
  while (ticks() <= startTicks) await systemClock.sleep(2);
  writeFileSync("/proc/sys/kernel/ns_last_pid", `${pid - 1}`);
  const stranger = spawn("/bin/sleep", ["1000"], { env: {}, detached: true, stdio: "ignore" });
  const strangerGone = new Promise((resolve) => void stranger.once("exit", resolve));
  if (stranger.pid === pid && leader !== undefined) {
    reused++;
    const tree = new ProcessTree({ cookie, leader, scanner, clock: systemClock });
    const saidAlive = isAlive(leader, cookie) || tree.leaderRuns;
    await tree.signal("SIGKILL");
    await stopTree(tree, { signal: "SIGTERM", graceMs: 0, clock: systemClock });
    await systemClock.sleep(1);
    if (saidAlive || stranger.exitCode !== null || stranger.signalCode !== null) wrong++;
  }
  stranger.kill("SIGKILL");
  await strangerGone;
}
console.log(`${reused} ${wrong}`);

function ticks(): number {
  return Math.floor(Number(readFileSync("/proc/uptime", "latin1").split(" ")[0]) * 100);
}
