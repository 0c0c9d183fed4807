/** What the instances of a real daemon need of the machine: where output goes, what a run's environment is. */
import { spawn } from "node:child_process";
import type { Clock } from "@holdfast/runtime";
import { indexed } from "./apps/instance-index.ts";
import type { MachineWorld } from "./apps/instance-world.ts";
import type { LogBook } from "./logs/log-book.ts";
import { realLook } from "./probes/look.ts";
import { strangerOn } from "./probes/port-holder.ts";
import { argvOf } from "./runner/argv.ts";
import { choosePorts } from "./runner/free-ports.ts";
import type { Run, Runner, StopRequest } from "./runner/runner.ts";
import type { AppSpec, Command } from "./spec/app-spec.ts";
import type { InstanceKey } from "./store/instance-record.ts";

export function realMachine(seams: {
  readonly clock: Clock;
  readonly runner: Runner;
  readonly logs: LogBook;
}): MachineWorld {
  const { clock, runner, logs } = seams;
  return {
    runner,
    prepareOutput: (spec, key, sharesFile) => {
      const { logFile: path } = spec;
      const label = spec.replicas > 1 ? `${key.name}.${key.instance}` : key.name;
      const copy = path === undefined ? undefined : { path, ...(sharesFile ? { label } : {}) };
      return logs.of(key).prepare(spec, copy);
    },
    keepOutput: (spec, key) => logs.of(key).keep(spec.logKeep),
    openOutput: (key) => logs.of(key).open(),
    closeOutput: (key) => logs.of(key).settle(),
    deleteOutput: (app) => logs.remove(app),
    watchLine: (key, wanted, errorsFrom) => logs.of(key).watchLine(wanted, errorsFrom),
    look: (spec, { pid: leader, cookie }) => {
      const { workingDir, environment, ports } = spec;
      const known = new Map<string, string | undefined>();
      const own = new Set(ports.filter(({ protocol }) => protocol === "tcp").map(({ port }) => port));
      return realLook({
        ...{ clock, workingDir, environment },
        ...(cookie !== null && {
          strangerOn: (port) => (own.has(port) ? strangerOn(port, { leader, cookie }, known) : undefined),
        }),
      });
    },
    choosePorts,
    environment,
    stopRequest: (spec, key, run) => stopRequest(spec, environment(spec, key), run),
  };
}

function environment(spec: AppSpec, key: InstanceKey): Readonly<Record<string, string>> {
  const own: Record<string, string> = {};
  for (const [name, value] of Object.entries(spec.environment)) {
    own[name] = indexed(spec, value, key.instance);
  }
  for (const { name, base, prefix = "" } of spec.replicaVariables) {
    own[name] = `${prefix}${key.instance - 1 + base}`;
  }
  own["HOLDFAST_PROJECT"] = key.project;
  own["HOLDFAST_APP"] = key.name;
  own["HOLDFAST_INSTANCE"] = `${key.instance}`;
  return own;
}

function stopRequest(spec: AppSpec, environment: Readonly<Record<string, string>>, run: Run): StopRequest {
  const { signal, graceMs, leaderOnly, command } = spec.stop;
  return {
    signal,
    graceMs,
    leaderOnly,
    ...(command === undefined
      ? {}
      : {
          command: () =>
            runStopCommand(command, spec.workingDir, { ...environment, HOLDFAST_PID: `${run.pid}` }),
        }),
  };
}

/** Resolves when the command has ended, whatever came of it: the grace goes on, and the kill comes after it. */
function runStopCommand(command: Command, cwd: string, env: Readonly<Record<string, string>>): Promise<void> {
  return new Promise((resolve) => {
    const [file, ...args] = argvOf(command);
    const child = spawn(file, args, { cwd, env, stdio: "ignore", detached: true });
    child.once("error", () => resolve());
    child.once("exit", () => resolve());
  });
}
