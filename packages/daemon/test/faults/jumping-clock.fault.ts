/** F9: the wall clock of the machine is set, forward and back, while a real daemon keeps apps up. */
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { seededRandom, systemClock } from "@holdfast/runtime";
import { expect, test } from "vitest";
import { projectSpec, restart } from "../fakes/app-spec.ts";
import { KillableDaemon } from "./killable-daemon.ts";
import { waiting } from "./operations.ts";
import { scaled } from "./scale.ts";

const libraries = ["x86_64-linux-gnu", "aarch64-linux-gnu"].map(
  (each) => `/usr/lib/${each}/faketime/libfaketimeMT.so.1`,
);
const hour = 3_600;
const jumps = [hour, -hour, 24 * hour, -24 * hour, 0];

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
    await daemon.api.call("apps.apply", { spec: projectSpec([waiting("quiet", daemon.root), mortal]) });
    await daemon.settle();
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
      const jump = jumps[Math.floor(random.next() * jumps.length)] ?? 0;
      writeFileSync(file, `${jump < 0 ? "" : "+"}${jump}\n`);
      const rows = await daemon.settle();
      waits.push(systemClock.monotonic() - began);
      expect(rows.map(({ name, restarts }) => [name, restarts])).toEqual([
        ["quiet", 0],
        ["mortal", round],
      ]);
      expect(daemon.programs().filter(({ app }) => app === "mortal").length).toBe(1);
      expect(daemon.programs().find(({ app }) => app === "quiet")).toEqual(quiet);
    }
    const [shortest, longest] = [Math.min(...waits), Math.max(...waits)].map(Math.round);
    console.log(
      `F9: ${rounds} jumps of the wall clock by an hour or a day: 0 early, 0 double, 0 missing restarts; a delay of 400 ms took ${shortest} to ${longest} ms`,
    );
    // The delay is chosen up to half shorter or longer by chance, and its beginning was seen late.
    expect(longest).toBeLessThan(10_000);
  } finally {
    await daemon.remove();
  }
});
