import { homePath, socketPathOf } from "@holdfast/platform";
import type { CliEnvironment } from "../cli-environment.ts";

/** Where the daemon keeps its state. */
export function homeOf({ variables, directory }: CliEnvironment): string {
  return homePath(variables, directory);
}

/** Where the daemon of that home listens. */
export function socketOf(cli: CliEnvironment): string {
  return socketPathOf(homeOf(cli), cli.variables);
}
