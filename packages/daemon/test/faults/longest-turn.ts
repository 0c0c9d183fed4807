import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { KillableDaemon } from "./killable-daemon.ts";

const probe = new URL("programs/loop-probe.ts", import.meta.url).pathname;

/** What a daemon is started with, so that `longestTurnMs` can be asked of it. */
export function probed(daemon: KillableDaemon): Readonly<Record<string, string>> {
  return { NODE_OPTIONS: `--import=${probe}`, LOOP_PROBE: fileOf(daemon) };
}

/** How long one turn of its event loop took at most since this was last asked, in milliseconds of a processor. */
export async function longestTurnMs(daemon: KillableDaemon): Promise<number> {
  const [before = 0] = told(daemon);
  process.kill(daemon.pid ?? 0, "SIGUSR2");
  await daemon.until("the probe has written", () => (told(daemon)[0] ?? 0) > before);
  return told(daemon)[1] ?? Number.NaN;
}

function told(daemon: KillableDaemon): readonly number[] {
  const file = fileOf(daemon);
  return existsSync(file) ? readFileSync(file, "utf8").split(" ").map(Number) : [];
}

function fileOf({ root }: KillableDaemon): string {
  return join(root, "loop-probe");
}
