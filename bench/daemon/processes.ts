/** What of a contender runs, as /proc shows it: everything it starts has the mark in its environment. */
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

/** The variable by which the processes of one contender are known. */
export const markVariable = "BENCH_DAEMON_MARK";

export interface Program {
  readonly pid: number;
  readonly argv: readonly string[];
}

/** All processes with the mark, but for those that have ended and wait for their parent. */
export function marked(mark: string): readonly Program[] {
  return readdirSync("/proc").flatMap((entry) => {
    if (!/^\d+$/.test(entry)) return [];
    try {
      const environ = readFileSync(`/proc/${entry}/environ`, "utf8").split("\0");
      if (!environ.includes(`${markVariable}=${mark}`)) return [];
      const argv = readFileSync(`/proc/${entry}/cmdline`, "utf8").split("\0").slice(0, -1);
      return argv.length === 0 ? [] : [{ pid: Number(entry), argv }];
    } catch {
      // It ended meanwhile, or is another user's.
      return [];
    }
  });
}

/** The `sleep`s among them, which are the apps. */
export function sleeps(mark: string): readonly Program[] {
  return marked(mark).filter(isSleep);
}

/** pm2 puts the whole path before the name. */
function isSleep({ argv: [program = ""] }: Program): boolean {
  return program === "sleep" || program.endsWith("/sleep");
}

/** What all the others use of the memory, each shared page counted in part, in MB. */
export function ownMegabytes(mark: string): number {
  const own = marked(mark).filter((program) => !isSleep(program));
  const kilobytes = own.map(({ pid }) => {
    try {
      return Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"))?.[1] ?? 0);
    } catch {
      return 0;
    }
  });
  return kilobytes.reduce((sum, each) => sum + each, 0) / 1024;
}

/** Waits until it is so, looking every `everyMs`; rejects after a minute. */
export async function until(
  what: string,
  isSo: () => boolean | Promise<boolean>,
  everyMs = 2,
): Promise<void> {
  const end = performance.now() + 60_000;
  while (!(await isSo())) {
    if (performance.now() > end) throw new Error(`waited for a minute, and it is not so that ${what}`);
    await sleep(everyMs);
  }
}
