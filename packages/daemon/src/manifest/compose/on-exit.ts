/** `on_exit`: a command that is run after each end of an app's run. */
import type { OnExit } from "../../hooks/hook-spec.ts";
import type { Located, LocatedMap } from "../located.ts";
import type { ProblemList } from "../problem.ts";
import { MapReader } from "../reader.ts";
import { readProcessCommand } from "./command.ts";

const usualTimeoutMs = 30_000;

/** A command, or a map of command, shell, when and timeout. Codes of commands, and `invalid-value`. */
export function readOnExit(service: MapReader, problems: ProblemList): OnExit | undefined {
  const node = service.node("on_exit");
  if (node === undefined) return undefined;
  const read = new MapReader(
    node.kind === "map" ? node : commandMap(node),
    service.pathOf("on_exit"),
    problems,
  );
  const command = readProcessCommand(read, problems);
  const when = read.oneOf("when", ["failure", "success", "always"]);
  const timeoutMs = read.durationMs("timeout");
  if (timeoutMs !== undefined && timeoutMs < 1)
    read.wrong("invalid-value", "timeout", "it must be longer than nothing");
  read.finish();
  if (command === undefined) return undefined;
  return { command, when: when ?? "failure", timeoutMs: timeoutMs ?? usualTimeoutMs };
}

/** As if it had been written as a map with nothing but a command. */
function commandMap(value: Located): LocatedMap {
  const { location } = value;
  return {
    kind: "map",
    location,
    entries: new Map([["command", { key: "command", keyLocation: location, value }]]),
  };
}
