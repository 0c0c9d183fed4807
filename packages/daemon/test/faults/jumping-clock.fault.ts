/** F9: the wall clock of the machine is set, forward and back, or stands, while a real daemon keeps apps up. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { seededRandom, systemClock } from "@holdfast/runtime";
import { expect, test } from "vitest";
import type { AppStatus } from "../../src/api/contract.ts";
import { projectSpec, restart } from "../fakes/app-spec.ts";
import { KillableDaemon } from "./killable-daemon.ts";
import { waiting } from "./operations.ts";
import { scaled } from "./scale.ts";

const libraries = ["x86_64-linux-gnu", "aarch64-linux-gnu"].map(
  (each) => `/usr/lib/${each}/faketime/libfaketimeMT.so.1`,
);
const hour = 3_600;
const offset = (seconds: number): string => `${seconds < 0 ? "" : "+"}${seconds}`;
const jumps = [
  ...[hour, -hour, 24 * hour, -24 * hour, 0].map(offset),
  // A time without a sign is one at which the clock stands.
  "2030-01-01 00:00:00",
];

test("F9: whatever the wall clock is set to, nothing is restarted early, twice or not at all", {
  timeout: 600_000,
}, async ({ skip }) => {
  const library = libraries.find((each) => existsSync(each));
  if (library === undefined) skip("skipped: needs faketime");
  const daemon = new KillableDaemon();
  const file = join(daemon.root, "clock");
  const random = seededRandom(9);
  const rounds = scaled(10, 50);
  const waits: number[] = [];
  try {
    writeFileSync(file, "+0\n");
    await daemon.start({
      LD_PRELOAD: library ?? "",
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_NO_CACHE: "1",
      DONT_FAKE_MONOTONIC: "1",
    });
    const backoff = { initialMs: 400, maxMs: 400, factor: 1, resetAfterMs: 1_000_000 };
    const mortal = waiting("mortal", daemon.root, { restart: { ...restart("always").restart, backoff } });
    const runs = join(daemon.root, "runs");
    const tick = waiting("tick", daemon.root, {
      command: { kind: "shell", script: `echo >> ${runs}`, shell: ["/bin/sh", "-c"] },
      schedule: { cron: "* * * * * *", immediate: false },
    });
    const apps = [waiting("quiet", daemon.root), mortal, tick];
    await daemon.api.call("apps.apply", { spec: projectSpec(apps) });
    const applied = systemClock.monotonic();
    await daemon.until("a job ran on its schedule", () => existsSync(runs));
    const quiet = daemon.programs().find(({ app }) => app === "quiet");
    for (let round = 1; round <= rounds; round++) {
      const before = daemon.programs().find(({ app }) => app === "mortal");
      process.kill(before?.pid ?? 0, "SIGKILL");
      await daemon.until("its end was seen", async () => {
        const rows = await daemon.api.call("apps.list", {});
        return rows.some(({ state }) => state === "backoff");
      });
      const began = systemClock.monotonic();
      // In the middle of the delay.
      writeFileSync(file, `${jumps[Math.floor(random.next() * jumps.length)] ?? "+0"}\n`);
      const rows = await restarted(daemon);
      waits.push(systemClock.monotonic() - began);
      const kept = rows.filter(({ name }) => name !== "tick");
      expect(kept.map(({ name, restarts }) => [name, restarts])).toEqual([
        ["quiet", 0],
        ["mortal", round],
      ]);
      expect(daemon.programs().filter(({ app }) => app === "mortal").length).toBe(1);
      expect(daemon.programs().find(({ app }) => app === "quiet")).toEqual(quiet);
    }
    // Every second of the machine's own time has one at most, whatever the daemon believes the time to be.
    const ticks = readFileSync(runs, "utf8").length;
    const seconds = Math.ceil((systemClock.monotonic() - applied) / 1_000);
    expect(ticks).toBeLessThanOrEqual(seconds + 1);
    const [shortest, longest] = [Math.min(...waits), Math.max(...waits)].map(Math.round);
    console.log(
      `F9: ${rounds} jumps of the wall clock by an hour or a day, or to where it stands: 0 early, 0 double, 0 missing restarts; a delay of 400 ms took ${shortest} to ${longest} ms; ${ticks} runs of a job of each second in ${seconds} s`,
    );
    // The delay is chosen up to half shorter or longer by chance, and its beginning was seen late.
    expect(longest).toBeLessThan(10_000);
  } finally {
    await daemon.remove();
  }
});

/** The job comes and goes meanwhile. */
async function restarted(daemon: KillableDaemon): Promise<readonly AppStatus[]> {
  let rows: readonly AppStatus[] = [];
  await daemon.until("it runs again", async () => {
    rows = await daemon.api.call("apps.list", {});
    return rows.some(({ name, state }) => name === "mortal" && state === "running");
  });
  return rows;
}
