/** How a process ends and what follows: `availability` and `shutdown`. */
import { constants } from "node:os";
import type { Command, ProjectEnd, RestartPolicy, StopPolicy } from "../../spec/app-spec.ts";
import type { MapReader } from "../reader.ts";

export interface Availability {
  readonly restart: RestartPolicy;
  readonly endsProject: ProjectEnd;
  readonly skippedEndsProject: boolean;
}

const defaultStopMs = 10_000;

export function readAvailability(owner: MapReader): Availability {
  const reader = owner.reader("availability");
  const restart = reader?.oneOf("restart", ["no", "always", "on_failure", "exit_on_failure"]) ?? "no";
  const backoffMs = Math.max(reader?.integer("backoff_seconds") ?? 1, 1) * 1000;
  const maxRestarts = reader?.integer("max_restarts", { min: 0 }) ?? 0;
  const exitOnEnd = reader?.boolean("exit_on_end") ?? false;
  const skippedEndsProject = reader?.boolean("exit_on_skipped") ?? false;
  reader?.finish();
  return {
    restart: {
      when: restart === "always" ? "always" : restart === "on_failure" ? "on-failure" : "never",
      ...(maxRestarts === 0 ? {} : { maxRestarts }),
      backoff: { initialMs: backoffMs, maxMs: backoffMs, factor: 1 },
    },
    endsProject: exitOnEnd ? "always" : restart === "exit_on_failure" ? "on-failure" : "never",
    skippedEndsProject,
  };
}

/** `commandOf` makes a command of a script. A stop without `timeout_seconds` is bounded too, unlike there. */
export function readShutdown(owner: MapReader, commandOf: (script: string) => Command): StopPolicy {
  const reader = owner.reader("shutdown");
  const script = reader?.text("command") ?? "";
  const seconds = reader?.integer("timeout_seconds", { min: 0 }) ?? 0;
  const signal = reader?.integer("signal") ?? 0;
  const leaderOnly = reader?.boolean("parent_only") ?? false;
  reader?.finish({ send_keys: "programs have no terminal here; use signal or command" });
  return {
    signal: signalName(signal),
    graceMs: seconds === 0 ? defaultStopMs : seconds * 1000,
    ...(script === "" ? {} : { command: commandOf(script) }),
    leaderOnly,
  };
}

/** What is no signal is SIGTERM, as there. */
function signalName(number: number): string {
  const found = Object.entries(constants.signals).find(([, value]) => value === number);
  return found === undefined ? "SIGTERM" : found[0];
}
