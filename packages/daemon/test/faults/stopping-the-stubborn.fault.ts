/** F10, F11, F12: programs that do not want to end, or hide, and a daemon that is suspended. */

import { systemClock } from "@holdfast/runtime";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { AppSpec } from "../../src/spec/app-spec.ts";
import { projectSpec, restart } from "../fakes/app-spec.ts";
import { KillableDaemon } from "./killable-daemon.ts";
import { heartbeat, waiting } from "./operations.ts";
import { scaled, spread } from "./scale.ts";

const graceMs = 500;

const perl = (script: string): Partial<AppSpec> => ({
  command: { kind: "exec", argv: ["/usr/bin/perl", "-e", script] },
  stop: { signal: "SIGTERM", graceMs, leaderOnly: false },
  limits: { pids: 2_000, enforce: "warn" },
});

const ignoring = "$SIG{TERM} = 'IGNORE'; sleep 1 while 1";
/** Each forks what the test counts, and says that it is done by the title that it takes. */
const hiding: Readonly<Record<string, string>> = {
  "a child in a session of its own":
    "use POSIX; if (!fork) { POSIX::setsid(); $SIG{TERM} = 'IGNORE'; sleep 1 while 1 } sleep 1 while 1",
  "a double fork":
    "use POSIX; if (!fork) { POSIX::setsid(); if (!fork) { $SIG{TERM} = 'IGNORE'; sleep 1 while 1 } exit } wait; sleep 1 while 1",
  "1000 grandchildren":
    "use POSIX; if (!fork) { for (1..1000) { my $p = fork; die unless defined $p; if (!$p) { POSIX::setsid(); $SIG{TERM} = 'IGNORE'; sleep 1000 while 1 } } sleep 1 while 1 } sleep 1 while 1",
};
const expected: Readonly<Record<string, number>> = {
  "a child in a session of its own": 2,
  "a double fork": 2,
  "1000 grandchildren": 1_002,
};

for (const cgroups of ["", "off"]) {
  describe(cgroups === "off" ? "without cgroups" : "with cgroups, where there are any", () => {
    const daemon = new KillableDaemon();
    beforeAll(() => daemon.start({ HOLDFAST_CGROUP: cgroups }));
    afterAll(() => daemon.remove());

    /** Runs an app, does something to it, stops it; how long the stop took, and what was left. */
    const stopTook = async (
      over: Partial<AppSpec>,
      programs: number,
      prepare?: (pids: readonly number[]) => void,
    ): Promise<number> => {
      const own = waiting("web", daemon.root, over);
      await daemon.api.call("apps.apply", { spec: projectSpec([own]) });
      await daemon.until("it is all there", () => daemon.programs().length === programs, 60_000);
      // Until the last of them ignores the signal.
      await systemClock.sleep(200);
      prepare?.(daemon.programs().map(({ pid }) => pid));
      const began = systemClock.monotonic();
      const asked = await daemon.api.call("apps.stop", { targets: [{ project: "shop", name: "web" }] });
      const ended = await daemon.api.call("operations.wait", { ids: asked.map(({ id }) => id) });
      const tookMs = systemClock.monotonic() - began;
      expect(ended).toMatchObject([{ state: "done" }]);
      expect(daemon.programs().length).toBe(0);
      return tookMs;
    };

    test("F10: a suspended app hears the signal all the same", async () => {
      const took: number[] = [];
      for (let round = 0; round < scaled(3, 10); round++)
        took.push(await stopTook({}, 1, ([pid]) => process.kill(pid ?? 0, "SIGSTOP")));
      console.log(`F10: stop of a suspended app: ${spread(took)}`);
      expect(Math.min(...took)).toBeLessThan(graceMs);
    });

    test("F10: a suspended app that ignores the signal is killed when its time is over", async () => {
      const took: number[] = [];
      for (let round = 0; round < scaled(2, 5); round++)
        took.push(await stopTook(perl(ignoring), 1, ([pid]) => process.kill(pid ?? 0, "SIGSTOP")));
      console.log(`F10: stop of a suspended app that ignores SIGTERM, of ${graceMs} ms: ${spread(took)}`);
      expect(Math.min(...took)).toBeLessThanOrEqual(graceMs + 250);
    });

    test("F11: one that ignores SIGTERM is killed when its time is over, and not before", async () => {
      const took: number[] = [];
      for (let round = 0; round < scaled(3, 10); round++) took.push(await stopTook(perl(ignoring), 1));
      console.log(`F11: stop of one that ignores SIGTERM, of ${graceMs} ms: ${spread(took)}`);
      expect(Math.min(...took)).toBeGreaterThanOrEqual(graceMs);
      expect(Math.min(...took)).toBeLessThanOrEqual(graceMs + 100);
    });

    for (const [what, script] of Object.entries(hiding)) {
      test(`F12: ${what}: nothing survives the stop`, { timeout: 120_000 }, async () => {
        const took = await stopTook(perl(script), expected[what] ?? 0);
        const overMs = Math.round(took - graceMs);
        console.log(
          `F12: ${what}${cgroups === "off" ? ", without cgroups" : ""}: 0 survivors, ${overMs} ms after the grace`,
        );
        expect(overMs).toBeLessThan(3_000);
      });
    }
  });
}

test("F10: a daemon that was suspended restarts nothing that went on without it", {
  timeout: 60_000,
}, async () => {
  const daemon = new KillableDaemon();
  try {
    await daemon.start();
    const always = restart("always");
    const alive = { kind: "exec", argv: ["/bin/true"] } as const;
    const liveness = {
      action: { kind: "exec", command: alive },
      initialDelayMs: 0,
      intervalMs: 200,
      timeoutMs: 2_000,
      successThreshold: 1,
      failureThreshold: 3,
      startPeriodMs: 0,
      startIntervalMs: 200,
    } as const;
    const probed = waiting("probed", daemon.root, { ...always, liveness });
    const mortal = waiting("mortal", daemon.root, always);
    await daemon.api.call("apps.apply", { spec: projectSpec([heartbeat(daemon.root), probed, mortal]) });
    await daemon.settle();
    await systemClock.sleep(1_000);
    const before = new Map(daemon.programs().map(({ app, pid }) => [app, pid]));
    process.kill(daemon.pid ?? 0, "SIGSTOP");
    process.kill(before.get("mortal") ?? 0, "SIGKILL");
    await systemClock.sleep(scaled(3_000, 10_000));
    process.kill(daemon.pid ?? 0, "SIGCONT");
    const rows = await daemon.settle();
    await systemClock.sleep(1_000);
    const after = new Map(daemon.programs().map(({ app, pid }) => [app, pid]));
    expect([after.get("bystander"), after.get("probed")]).toEqual([
      before.get("bystander"),
      before.get("probed"),
    ]);
    expect(daemon.programs().filter(({ app }) => app === "mortal").length).toBe(1);
    const restarts = Object.fromEntries(rows.map((row) => [row.name, row.restarts]));
    expect(restarts).toEqual({ bystander: 0, probed: 0, mortal: 1 });
    console.log("F10: a daemon suspended for seconds: 0 restarts of what went on, 1 of what ended");
  } finally {
    await daemon.remove();
  }
});
