/** `depends_on` as a process says it, before anybody knows whether the others are there. */
import type { DependencyCondition, SourceLocation } from "../../spec/app-spec.ts";
import type { ProblemList } from "../problem.ts";
import { MapReader } from "../reader.ts";

export interface DependencyWish {
  /** A process, which means all of its replicas, or one replica. */
  readonly name: string;
  readonly condition: DependencyCondition;
  readonly location: SourceLocation;
}

const conditions = {
  process_started: "service_started",
  process_healthy: "service_healthy",
  process_completed: "service_completed",
  process_completed_successfully: "service_completed_successfully",
  process_log_ready: "service_log_ready",
} as const;
const names = Object.keys(conditions) as readonly (keyof typeof conditions)[];

/** Without a condition a process waits for the start, as the manual says. */
export function readDependencies(process: MapReader, problems: ProblemList): readonly DependencyWish[] {
  const reader = process.reader("depends_on");
  if (reader === undefined) return [];
  return [...reader.map.entries.values()].map(({ key, keyLocation, value }) => {
    const inner = reader.reader(key) ?? new MapReader({ ...reader.map, entries: new Map() }, "", problems);
    const condition = inner.oneOf("condition", names) ?? "process_started";
    inner.finish();
    const location = value.kind === "map" ? keyLocation : value.location;
    return { name: key, condition: conditions[condition], location };
  });
}
