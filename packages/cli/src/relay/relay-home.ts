/** What a relay has in its home: `relay/` with its lock, its database, its admin token and where it listens. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { openHome } from "@holdfast/platform";
import type { CliEnvironment } from "../cli-environment.ts";
import { homeOf } from "../connection/home.ts";
import { CommandError, exitCodes } from "../exit-codes.ts";

export interface RelayHome {
  readonly path: string;
  readonly database: string;
  readonly tokenFile: string;
  readonly urlFile: string;
}

/** Touches nothing. */
export function relayHomeOf(cli: CliEnvironment): RelayHome {
  const path = join(homeOf(cli), "relay");
  return {
    path,
    database: join(path, "relay.db"),
    tokenFile: join(path, "admin-token"),
    urlFile: join(path, "url"),
  };
}

/** Makes it, for nobody but its owner. Throws `UNSAFE_DIRECTORY`. */
export function openRelayHome(cli: CliEnvironment): RelayHome {
  const home = relayHomeOf(cli);
  // The daemon's home is its parent, and held to the same.
  openHome({ ...cli.variables, HOLDFAST_HOME: homeOf(cli) });
  openHome({ ...cli.variables, HOLDFAST_HOME: home.path });
  return home;
}

/** The text of a file without its end of line. Throws a `CommandError` with `remedy` when it cannot be read. */
export function readText(path: string, what: string, remedy: string): string {
  try {
    return readFileSync(path, "utf8").trim();
  } catch (error) {
    throw new CommandError(exitCodes.failed, `${what} cannot be read from ${path}`, { remedy, cause: error });
  }
}
