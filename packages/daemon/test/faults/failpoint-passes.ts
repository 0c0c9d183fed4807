import { readFileSync } from "node:fs";
import { join } from "node:path";
import { KillableDaemon } from "./killable-daemon.ts";
import { prepared } from "./survival.ts";

/** One time that a daemon comes by a failpoint. */
export interface FailpointPass {
  readonly name: string;
  /** It is passed so often before. */
  readonly skip: number;
}

/** Every time that the operation of a case comes by a failpoint. */
export async function passesOf(index: number): Promise<readonly FailpointPass[]> {
  const [before, after] = [await hitsAfter(index, false), await hitsAfter(index, true)];
  return Object.entries(after).flatMap(([name, count]) => {
    const own = before[name] ?? 0;
    return Array.from({ length: Math.max(0, count - own) }, (_, nth) => ({ name, skip: own + nth }));
  });
}

/** The variables of a daemon that is killed, or held, there. */
export function setAt(
  { name, skip }: FailpointPass,
  what: "kill" | "1*pause",
): Readonly<Record<string, string>> {
  return { HOLDFAST_FAILPOINT: `${name}:${skip === 0 ? "" : `${skip}*off->`}${what}` };
}

async function hitsAfter(index: number, asks: boolean): Promise<Readonly<Record<string, number>>> {
  const daemon = new KillableDaemon();
  const file = join(daemon.root, "hits");
  try {
    const fault = await prepared(daemon, index);
    await daemon.start({ HOLDFAST_FAILPOINT_HITS: file });
    if (asks) {
      await fault.ask(daemon);
      await daemon.settle();
    }
    // The apps run on: their stop is no part of this.
    await daemon.api.call("system.shutdown", { keepApps: true });
    await daemon.gone();
    return JSON.parse(readFileSync(file, "utf8"));
  } finally {
    await daemon.remove();
  }
}
