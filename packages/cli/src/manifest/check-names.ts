import type { ProjectSpec } from "@holdfast/daemon";
import { nearest } from "@holdfast/daemon/nearest";
import { CommandError, exitCodes } from "../exit-codes.ts";

/** Refuses a name that the manifest has not, with the nearest one. */
export function checkNames(names: readonly string[], { apps, name: project }: ProjectSpec): void {
  const known = apps.map(({ name }) => name);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown === undefined) return;
  const near = nearest(unknown, known);
  throw new CommandError(exitCodes.usage, `the manifest of ${project} has no app named ${unknown}`, {
    remedy: near === undefined ? `it has ${known.join(", ")}` : `did you mean ${near}?`,
  });
}
