import { statfsSync } from "node:fs";
import { type Clock, HoldfastError } from "@holdfast/runtime";
import { parseBytes } from "../manifest/bytes.ts";
import { PerlPuncher } from "./hole-puncher.ts";
import { LogBook } from "./log-book.ts";
import type { DiskSpace } from "./log-sweep.ts";
import { leastLogBytes, type Retention } from "./retention.ts";

/**
 * The logs below a directory, bounded as `HOLDFAST_LOG_MAX_SIZE` says where an app says nothing else. Throws
 * `BAD_VARIABLE` when that is no size, or less than 64 KiB.
 */
export function openLogBook(
  directory: string,
  clock: Clock,
  variables: Readonly<Record<string, string | undefined>>,
): LogBook {
  const retention = retentionOf(variables["HOLDFAST_LOG_MAX_SIZE"]);
  return new LogBook(directory, clock, {
    puncher: new PerlPuncher(clock),
    space: () => spaceOf(directory),
    ...(retention === undefined ? {} : { retention }),
  });
}

function retentionOf(text: string | undefined): Retention | undefined {
  if (text === undefined || text === "") return undefined;
  const maxBytes = parseBytes(text);
  if (maxBytes !== undefined && maxBytes >= leastLogBytes) return { maxBytes };
  throw new HoldfastError(
    "BAD_VARIABLE",
    `HOLDFAST_LOG_MAX_SIZE is ${JSON.stringify(text)}, and must be a size from 64k up, such as "64m"`,
    { details: { text } },
  );
}

function spaceOf(directory: string): DiskSpace | undefined {
  try {
    const { bsize, blocks, bavail } = statfsSync(directory);
    return { total: bsize * blocks, available: bsize * bavail };
  } catch {
    return undefined;
  }
}
