import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ensurePrivateFile, lockHolder, openHome } from "@holdfast/platform";
import type { CliEnvironment } from "../cli-environment.ts";
import { CommandError, exitCodes } from "../exit-codes.ts";
import { daemonProgram } from "./daemon-program.ts";
import { homeOf } from "./home.ts";
import { type Daemon, lookMs, tryAnswering, unreachable } from "./local-daemon.ts";

const startLimitMs = 20_000;
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
  const another = () => new Attempt(cli, spawnDaemon(cli, home, log, options.onDemand));
  let attempt = another();
  const untilItListens = async (): Promise<Daemon> => {
    const deadline = cli.clock.monotonic() + startLimitMs;
    while (attempt.ended === undefined) {
      const daemon = await tryAnswering(cli);
      if (daemon !== undefined) return daemon;
      const now = cli.clock.monotonic();
      if (attempt.ownedSince !== undefined) {
        const owner = lockHolder({ path: home });
        // It was on its way out, and is gone by now.
        if (owner === undefined) attempt = another();
        else if (now - attempt.ownedSince > ownerLimitMs) throw unreachable(cli, owner, exitCodes.homeOwned);
      }
      if (now > deadline) {
        attempt.kill();
        attempt.ended = `it does not listen after ${startLimitMs / 1_000} s`;
      }
      await cli.clock.sleep(lookMs);
    }
    throw new CommandError(exitCodes.failed, `the daemon did not start: ${attempt.ended}${lastWords(log)}`, {
      remedy: `its output is in ${log}`,
    });
  };
  return { ready: untilItListens(), kill: () => attempt.kill() };
}

/** One process that may become the daemon of the home. */
class Attempt {
  /** Why it ended. */
  ended: string | undefined;
  /** Another one was faster and owns the home: that one is as good. Monotonic ms. */
  ownedSince: number | undefined;
  readonly #child: ChildProcess;

  constructor({ clock }: CliEnvironment, child: ChildProcess) {
    this.#child = child;
    child.once("error", ({ message }) => (this.ended ??= message));
    child.once("exit", (code, signal) => {
      if (code === exitCodes.homeOwned) this.ownedSince = clock.monotonic();
      else this.ended ??= signal ?? `exit code ${code}`;
    });
  }

  kill(): void {
    this.#child.kill("SIGKILL");
  }
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

function lastWords(log: string): string {
  try {
    const line = readFileSync(log, "utf8").trimEnd().split("\n").at(-1) ?? "";
    return line === "" ? "" : `: ${line.slice(0, 200)}`;
  } catch {
    return "";
  }
}
