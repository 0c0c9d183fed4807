import { homedir } from "node:os";
import { join, resolve } from "node:path";
import type { CliEnvironment } from "../cli-environment.ts";

/** Where the daemon keeps its state: `$HOLDFAST_HOME`, else `$XDG_STATE_HOME/holdfast`, else `~/.local/state/holdfast`. */
export function homeOf({ variables, directory }: Pick<CliEnvironment, "variables" | "directory">): string {
  const { HOLDFAST_HOME: own, XDG_STATE_HOME: state } = variables as {
    readonly HOLDFAST_HOME?: string;
    readonly XDG_STATE_HOME?: string;
  };
  if (own !== undefined && own !== "") return resolve(directory, own);
  if (state?.startsWith("/")) return join(state, "holdfast");
  return join(homedir(), ".local", "state", "holdfast");
}

export function socketOf(home: string): string {
  return join(home, "holdfast.sock");
}
