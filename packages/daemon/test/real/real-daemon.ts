import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openCgroupHome, openLauncher, openLimitHome, RunDirectory } from "@holdfast/platform";
import { systemClock, systemRandom } from "@holdfast/runtime";
import { Daemon } from "../../src/daemon.ts";
import { realHooks } from "../../src/hooks/real-hooks.ts";
import { PerlPuncher } from "../../src/logs/hole-puncher.ts";
import { LogBook } from "../../src/logs/log-book.ts";
import { realMachine } from "../../src/machine.ts";
import { ProcessRunner } from "../../src/runner/process-runner.ts";
import { SecretFiles, secretsPath } from "../../src/runner/secret-files.ts";
import { openState } from "../../src/store/open-state.ts";
import { watchFiles } from "../../src/watch/tree-watch.ts";

export interface RealDaemon {
  readonly daemon: Daemon;
  readonly directory: string;
  /** Ends it as if it were killed: nothing is stopped, nothing more is written. */
  abandon(): Promise<void>;
  /** Stops all and lets go of everything; the directory goes too. */
  end(): Promise<void>;
}

/** A daemon in this process that runs real programs, with its state in a directory of its own. */
export async function realDaemon(
  options: { readonly directory?: string; readonly cgroups?: boolean; readonly bounded?: boolean } = {},
): Promise<RealDaemon> {
  const clock = systemClock;
  const directory = options.directory ?? mkdtempSync(join(tmpdir(), "holdfast-daemon-"));
  const runDirectory = new RunDirectory(join(directory, "run"), { clock });
  await runDirectory.settled();
  const launcher = await openLauncher({ runDirectory, clock });
  const name = directory.replaceAll("/", "-");
  const cgroups = options.cgroups === false ? undefined : openCgroupHome(name, process.env);
  const limits = openLimitHome(
    name,
    options.cgroups === false ? { HOLDFAST_CGROUP: "off" } : process.env,
    cgroups,
  );
  const secrets = new SecretFiles(secretsPath({ id: name, path: directory }, {}));
  await secrets.keepOnly(runDirectory.list());
  const runner = new ProcessRunner({
    clock,
    launcher,
    runDirectory,
    limits,
    secrets,
    ...(cgroups === undefined ? {} : { cgroups }),
  });
  const state = openState(directory, clock);
  const bounds = { puncher: new PerlPuncher(clock), space: () => undefined };
  const logs = new LogBook(join(directory, "apps"), clock, options.bounded === true ? bounds : undefined);
  const daemon = new Daemon({
    clock,
    random: systemRandom,
    database: state.database,
    logs,
    machine: realMachine({ clock, runner, logs }),
    watchFiles: watchFiles(clock),
    hooks: realHooks,
    machineFigures: () => ({ disk: null, memoryBytes: 1, boot: new Date(0).toISOString() }),
    info: () => ({
      pid: process.pid,
      version: "0",
      home: directory,
      socket: "",
      http: null,
      since: "",
      onDemand: false,
    }),
  });
  await daemon.resume();
  const letGo = async (): Promise<void> => {
    await launcher[Symbol.asyncDispose]();
    runDirectory.close();
    state[Symbol.dispose]();
  };
  return {
    daemon,
    directory,
    abandon: async () => {
      await daemon.end(1_000);
      await letGo();
    },
    end: async () => {
      await daemon.stopApps();
      await daemon.end(1_000);
      await letGo();
      cgroups?.remove();
      limits.remove();
      rmSync(directory, { recursive: true });
    },
  };
}

/** The command lines of all living processes that carry a variable. */
export function processesWith(variable: string): readonly string[] {
  return readdirSync("/proc").flatMap((pid) => {
    if (!/^\d+$/.test(pid)) return [];
    try {
      if (!readFileSync(`/proc/${pid}/environ`, "utf8").includes(variable)) return [];
      return [`${pid} ${readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim()}`];
    } catch {
      return [];
    }
  });
}

/** Looks every few milliseconds until it is so; throws what `describe` says when it is not so in time. */
export async function until(
  isSo: () => boolean | Promise<boolean>,
  describe: () => string,
  limitMs = 10_000,
): Promise<void> {
  for (const end = performance.now() + limitMs; !(await isSo()); ) {
    if (performance.now() > end) throw new Error(`not so after ${limitMs} ms: ${describe()}`);
    await systemClock.sleep(5);
  }
}
