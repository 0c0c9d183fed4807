import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ensurePrivateFile, lockHolder, openHome } from "@holdfast/platform";
import type { CliEnvironment } from "../cli-environment.ts";
import { CommandError, exitCodes } from "../exit-codes.ts";

import { daemonProgram } from "./daemon-program.ts";
import { homeOf } from "./home.ts";
import { type Daemon, tryLocal, unreachable } from "./local-daemon.ts";

const startLimitMs = 20_000;
const lookMs = 4;
/** How long a daemon that owns the home already may take until it listens. */
const ownerLimitMs = 3_000;

/** A daemon on its way up. */
export interface StartingDaemon {
  /**
   * The connection, once it listens. Rejects with `CommandError` when it ended or did not listen in time; then
   * its process is gone.
   */
  readonly ready: Promise<Daemon>;
  /** Kills it at once; `ready` rejects. */
  kill(): void;
}

/** Starts a daemon in the background, in a session of its own, with its output in `daemon.log`. */
export function startDaemon(cli: CliEnvironment, options: { readonly onDemand: boolean }): StartingDaemon {
  const home = homeOf(cli);
  const log = join(home, "daemon.log");
  const child = spawnDaemon(cli, home, log, options.onDemand);
  return {
    ready: untilItListens(cli, child, log),
    kill: () => void child.kill("SIGKILL"),
  };
}

function spawnDaemon(cli: CliEnvironment, home: string, log: string, onDemand: boolean): ChildProcess {
  try {
    openHome(cli.variables, cli.directory);
    ensurePrivateFile(log);
    const output = openSync(log, "a", 0o600);
    const [file, ...args] = daemonProgram(cli);
    const child = spawn(file, [...args, ...(onDemand ? ["--on-demand"] : [])], {
      // The directory that the command was called in may be removed or unmounted while the daemon runs.
      cwd: home,
      env: { ...cli.variables, HOLDFAST_HOME: home },
      detached: true,
      stdio: ["ignore", output, output],
    });
    closeSync(output);
    child.unref();
    return child;
  } catch (error) {
    throw new CommandError(exitCodes.failed, `the daemon could not be started: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

async function untilItListens(cli: CliEnvironment, child: ChildProcess, log: string): Promise<Daemon> {
  const ends: string[] = [];
  let ownedSince: number | undefined;
  child.once("error", (error) => ends.push(error.message));
  child.once("exit", (code, signal) => {
    // Another one was faster and owns the home: that one is as good.
    if (code !== exitCodes.homeOwned) ends.push(signal ?? `exit code ${code}`);
    else ownedSince = cli.clock.monotonic();
  });
  const deadline = cli.clock.monotonic() + startLimitMs;
  while (ends.length === 0) {
    const daemon = await tryLocal(cli);
    if (daemon !== undefined) return daemon;
    const pid = ownedSince === undefined ? undefined : lockHolder({ path: homeOf(cli) });
    if (pid !== undefined && cli.clock.monotonic() - (ownedSince ?? 0) > ownerLimitMs) {
      throw unreachable(cli, pid, exitCodes.homeOwned);
    }
    if (cli.clock.monotonic() > deadline) {
      child.kill("SIGKILL");
      ends.push(`it does not listen after ${startLimitMs / 1_000} s`);
    }
    await cli.clock.sleep(lookMs);
  }
  throw new CommandError(exitCodes.failed, `the daemon did not start: ${ends[0]}${lastWords(log)}`, {
    remedy: `its output is in ${log}`,
  });
}

function lastWords(log: string): string {
  try {
    const line = readFileSync(log, "utf8").trimEnd().split("\n").at(-1) ?? "";
    return line === "" ? "" : `: ${line.slice(0, 200)}`;
  } catch {
    return "";
  }
}
