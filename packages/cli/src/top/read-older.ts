import type { LogLine, LogStream, Target } from "@holdfast/daemon/api";
import type { Daemon } from "../connection/local-daemon.ts";

const olderLines = 1_000;

/** The lines of an instance before those that are known, the newest thousand of them. */
export async function readOlder(
  daemon: Pick<Daemon, "call">,
  target: Target,
  known: readonly LogLine[],
): Promise<readonly LogLine[]> {
  const read = (before: number, stream?: LogStream): Promise<readonly LogLine[]> =>
    daemon.call("logs.read", {
      ...{ targets: [target], lines: olderLines, before },
      ...(stream !== undefined && { stream }),
    });
  const extents = await daemon.call("logs.extent", { targets: [target] });
  if (extents.every(({ stream }) => stream === undefined)) return await read(firstOffset(known) ?? 0);
  // Each stream has offsets of its own. Of one of which no line is known, all are older.
  const isErrors = ({ stream }: LogLine): boolean => stream === "stderr";
  const errors = firstOffset(known.filter(isErrors)) ?? Number.MAX_SAFE_INTEGER;
  const rest = firstOffset(known.filter((line) => !isErrors(line))) ?? Number.MAX_SAFE_INTEGER;
  const both = await Promise.all([read(rest, "stdout"), read(errors, "stderr")]);
  return both
    .flat()
    .sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0))
    .slice(-olderLines);
}

function firstOffset([first]: readonly LogLine[]): number | undefined {
  return first?.offset;
}
