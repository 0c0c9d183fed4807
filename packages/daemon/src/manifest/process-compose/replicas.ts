/**
 * The replicas of a process. Each becomes an app of its own, named as process-compose names them, because their
 * texts may differ (`{{.PC_REPLICA_NUM}}`) and others may depend on a single one.
 */
import { appNamePattern } from "../../spec/app-name.ts";
import type { LocatedEntry, LocatedMap } from "../located.ts";
import { MapReader } from "../reader.ts";
import type { ProjectSettings } from "./project-settings.ts";
import { usableName } from "./usable-name.ts";

export interface Replica {
  /** The key under `processes`. */
  readonly process: string;
  /** The process's name; with several replicas that, a dash and the number. */
  readonly name: string;
  /** The name, made one that an app may have. */
  readonly appName: string;
  /** From 0. */
  readonly number: number;
  readonly count: number;
}

/** More would be a slip of the finger. */
const maxReplicas = 1000;

/** Adds `invalid-value`; warns with `renamed` of a name that no app can have. */
export function replicasOf(
  entry: LocatedEntry,
  map: LocatedMap,
  settings: ProjectSettings,
): readonly Replica[] {
  const reader = new MapReader(map, `processes.${entry.key}`, settings.context.problems);
  const count = Math.max(1, reader.integer("replicas", { min: 0, max: maxReplicas }) ?? 1);
  const width = String(count).length;
  return Array.from({ length: count }, (_, number) => {
    const name = count === 1 ? entry.key : `${entry.key}-${String(number).padStart(width, "0")}`;
    const appName = usableName(name);
    if (!appNamePattern.test(name)) {
      const message = `the process "${name}" is called ${appName} here`;
      settings.context.warnings.add("renamed", message, entry.keyLocation);
    }
    return { process: entry.key, name, appName, number, count };
  });
}
