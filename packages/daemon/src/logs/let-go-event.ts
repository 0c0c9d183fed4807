import type { DaemonEvent } from "../api/contract.ts";
import type { LetGo } from "./log-sweep.ts";

/** What is told of output that was let go for want of room. */
export function letGoEvent({ key, bytes, available }: LetGo): Omit<DaemonEvent, "seq" | "time"> {
  const { project, name } = key;
  return {
    type: "warning",
    project,
    name,
    message: `${mebibytes(bytes)} of the oldest output of ${name} were let go: the disk has ${mebibytes(available)} left`,
    app: null,
    operation: null,
    by: null,
    cause: { origin: { type: "shortage", text: `the disk has ${mebibytes(available)} left` }, after: null },
  };
}

function mebibytes(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}
