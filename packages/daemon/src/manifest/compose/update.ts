/** `deploy.update_config`: how a changed app is rolled. */
import type { UpdatePolicy } from "../../spec/app-spec.ts";
import type { MapReader } from "../reader.ts";

/** Compose's words and defaults; a process is stopped before it is started again. Code `invalid-value`. */
export function readUpdate(update: MapReader): UpdatePolicy {
  const parallelism = update.integer("parallelism", { min: 0 });
  const delayMs = update.durationMs("delay");
  const monitorMs = update.durationMs("monitor");
  const onFailure = update.oneOf("failure_action", ["pause", "continue", "rollback"]);
  const order = update.oneOf("order", ["stop-first", "start-first"]);
  if (order === "start-first") {
    const message = "start-first is for containers: two processes of one instance would want the same ports";
    update.wrong("invalid-value", "order", message, "stop-first, with more than one replica");
  }
  update.finish({ max_failure_ratio: "the first failure counts" });
  return {
    parallelism: parallelism ?? 1,
    delayMs: delayMs ?? 0,
    monitorMs: monitorMs ?? 0,
    onFailure: onFailure ?? "pause",
  };
}
