import { HoldfastError } from "@holdfast/runtime";
import type { ProjectSpec } from "../spec/app-spec.ts";

/** Throws `UNSUPPORTED`, with the place, when an app of it is a container. */
export function refuseContainers({ name: project, apps }: ProjectSpec): void {
  const container = apps.find((app) => app.runner.kind === "container");
  if (container === undefined) return;
  const { file, line, column } = container.source;
  throw new HoldfastError(
    "UNSUPPORTED",
    `${file}:${line}:${column}: ${container.name} is a container, and this version runs processes only`,
    { details: { project, name: container.name } },
  );
}
