import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ProjectSpec } from "../spec/app-spec.ts";
import type { InstanceRecord } from "./instance-record.ts";
import { openJson, sealJson } from "./sealed-json.ts";

/** What is to run, as of one generation: each change of it has the next number. */
export interface DesiredState {
  readonly generation: number;
  readonly projects: readonly ProjectSpec[];
  readonly instances: readonly InstanceRecord[];
}

/** Written in turns: what spoils the newer one leaves the older. */
const names = ["state.backup.0", "state.backup.1"] as const;

/** The newest of the backups in a home that is as it was written; undefined where there is none. */
export function readBackup(home: string): DesiredState | undefined {
  return names
    .flatMap((name) => readOne(join(home, name)) ?? [])
    .toSorted((a, b) => b.generation - a.generation)[0];
}

/** True when anything is there that a backup may have been. */
export function hasBackupFiles(home: string): boolean {
  return names.some((name) => {
    try {
      return readFileSync(join(home, name)).length > 0;
    } catch {
      return false;
    }
  });
}

/** Replaces the older one; on the disk when it returns. Throws what the system says when that cannot be. */
export function writeBackup(home: string, state: DesiredState): void {
  const path = join(home, names[state.generation % 2 === 0 ? 0 : 1]);
  const file = openSync(`${path}.new`, "w", 0o600);
  try {
    writeFileSync(file, sealJson(state));
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(`${path}.new`, path);
}

function readOne(path: string): DesiredState | undefined {
  try {
    const text = readFileSync(path, "utf8");
    // Without its checksum it is no backup: there was never a version that wrote one so.
    if (!/"~":"[0-9a-f]{8}"\}$/.test(text)) return undefined;
    return openJson(text) as DesiredState;
  } catch {
    return undefined;
  }
}
