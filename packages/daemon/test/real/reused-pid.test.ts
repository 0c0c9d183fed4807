import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { processIdentity, RunDirectory } from "@holdfast/platform";
import { systemClock } from "@holdfast/runtime";
import { expect, test } from "vitest";
import { ProcessRunner } from "../../src/runner/process-runner.ts";

const cookie = "2d2f1e1c-5b6e-4f39-8f0e-6c7d8b9a0f11";

/** What the record says of the program whose pid a stranger has now, and how the program ended as far as is known. */
const records = [
  {
    title: "its end was recorded",
    began: (pid: number, start: number) => `${pid} ${start - 1}\n`,
    exit: "exit 3\n",
  },
  {
    title: "nobody saw its end",
    began: (pid: number, start: number) => `${pid} ${start - 1}\n`,
    exit: undefined,
  },
  {
    title: "its end was recorded, and its start was not",
    began: (pid: number) => `${pid}\n`,
    exit: "exit 3\n",
  },
  {
    title: "neither its end nor its start was recorded",
    began: (pid: number) => `${pid}\n`,
    exit: undefined,
  },
];

for (const { title, began, exit } of records) {
  test(`F20: a stranger with the pid of a program that ended is not taken up and not touched: ${title}`, async () => {
    const base = mkdtempSync(join(tmpdir(), "holdfast-reused-"));
    const stranger = spawn("/bin/sleep", ["1000"], { env: {}, detached: true, stdio: "ignore" });
    const gone = new Promise((resolve) => void stranger.once("exit", resolve));
    const runDirectory = new RunDirectory(base, { clock: systemClock, pollMs: 20 });
    try {
      const pid = stranger.pid ?? 0;
      const start = processIdentity(pid)?.startTime ?? 0;
      writeFileSync(join(runDirectory.path, `${cookie}.pid`), began(pid, start));
      if (exit !== undefined) writeFileSync(join(runDirectory.path, `${cookie}.exit`), exit);
      const launcher = {
        kind: "keeper",
        launch: () => Promise.reject(new Error("nothing is launched")),
        [Symbol.asyncDispose]: async () => {},
      } as const;
      const runner = new ProcessRunner({ clock: systemClock, launcher, runDirectory });

      expect(runner.isLive(cookie)).toBe(false);
      expect(runner.strays(new Set())).toEqual([]);
      const left = await runner.reattach(cookie, false);
      const stop = { signal: "SIGKILL", graceMs: 0, leaderOnly: false };
      if (left.kind === "running") await left.run.stop(stop);
      else
        expect(left).toEqual({ kind: "ended", exit: { code: exit === undefined ? null : 3, signal: null } });
      expect([stranger.exitCode, stranger.signalCode]).toEqual([null, null]);
    } finally {
      runDirectory.close();
      stranger.kill("SIGKILL");
      await gone;
      rmSync(base, { recursive: true });
    }
  });
}
