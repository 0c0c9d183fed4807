/** `depends_on`, normalized to a map. */
import type { Dependency, SourceLocation } from "../../spec/app-spec.ts";
import type { ProblemList } from "../problem.ts";
import { MapReader } from "../reader.ts";
import { wrongType } from "../value.ts";

const conditions = [
  "service_started",
  "service_healthy",
  "service_completed_successfully",
  "service_completed",
  "service_log_ready",
] as const;

export interface DependencyWish extends Dependency {
  readonly on: string;
  readonly location: SourceLocation;
}

export function readDependsOn(service: MapReader, problems: ProblemList): readonly DependencyWish[] {
  const node = service.node("depends_on");
  if (node === undefined) return [];
  if (node.kind !== "map") {
    wrongType(node, service.pathOf("depends_on"), problems, "a list of services or a map of conditions");
    return [];
  }
  return [...node.entries.values()].map(({ key, keyLocation, value }) => {
    const path = `${service.pathOf("depends_on")}.${key}`;
    const started: DependencyWish = {
      on: key,
      location: keyLocation,
      condition: "service_started",
      required: true,
      restart: false,
    };
    if (value.kind !== "map") {
      if (value.kind !== "scalar" || value.value !== null) wrongType(value, path, problems, "a map");
      return started;
    }
    const read = new MapReader(value, path, problems);
    const wish: DependencyWish = {
      ...started,
      condition: read.oneOf("condition", conditions) ?? "service_started",
      required: read.boolean("required") ?? true,
      restart: read.boolean("restart") ?? false,
    };
    read.finish();
    return wish;
  });
}
