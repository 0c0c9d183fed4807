import { HoldfastError } from "@holdfast/runtime";
import { failpoint } from "@holdfast/runtime/failpoints";
import { type Because, follows } from "../events/because.ts";
import { hearsNotify, watchdogVariable } from "../probes/notify.ts";
import type { Run } from "../runner/runner.ts";
import type { WaitingFor } from "../spec/app-state.ts";
import type { EndedRun } from "./exit-decision.ts";
import type { InstanceEntry } from "./instance-entry.ts";
import { commandOf } from "./instance-index.ts";
import { portVariables, takePorts } from "./instance-ports.ts";
import { isTransient } from "./is-transient.ts";
import type { Life, LifeBeginning } from "./life.ts";

/** A run that was launched, and what it had waited for, if anything. */
export interface LaunchedRun {
  readonly run: Run;
  readonly because: Because;
}

/**
 * Waits for what it needs and launches it; undefined when that failed for good, or the life was cancelled meanwhile.
 * Where the machine had too little of something for it, that counts as a run that failed, and the policy decides.
 */
export async function launch(
  entry: InstanceEntry,
  life: Life,
  from: LifeBeginning,
): Promise<LaunchedRun | EndedRun | undefined> {
  const { spec, world } = entry;
  entry.apply({ type: "start-asked" }, { next: null }, from.kind === "start" ? from.because : follows);
  const verdict = await world.dependencies(spec, life.token, (waitingFor) =>
    entry.apply({ type: "waiting", waitingFor }, {}, becauseOf(waitingFor[0])),
  );
  if (life.token.isCancelled || verdict.kind === "cancelled") return undefined;
  if (verdict.kind === "impossible") {
    const error = new HoldfastError("START_FAILED", `${entry.key.name} ${verdict.reason}`);
    fail(entry, life, error, "skipped", { ...becauseOf(verdict.on), ...afterEvent(verdict.after) });
    return undefined;
  }
  try {
    const run = await launchNow(entry, life);
    if (life.token.isCancelled || run === undefined) return undefined;
    const { waited } = verdict;
    return {
      run,
      because: waited === undefined ? follows : { ...becauseOf(waited.on), ...afterEvent(waited.after) },
    };
  } catch (error) {
    if (life.token.isCancelled) return undefined;
    if (entry.spec.restart.when !== "never" && isTransient(error)) return failNow(entry, life, error);
    fail(entry, life, error, "failed", follows);
    return undefined;
  }
}

/** Whoever waits for the start is told; the life goes on. */
function failNow(entry: InstanceEntry, life: Life, error: unknown): EndedRun {
  const reason = error instanceof Error ? error.message : String(error);
  entry.patch({ lastError: reason });
  const { name } = entry.key;
  const message = `${name} could not start now: ${reason}; it is tried again`;
  life.launched.reject(new HoldfastError("START_FAILED", message, { cause: error }));
  const exit = { code: null, signal: null };
  const failed = `could not start: ${reason}`;
  const origin = { type: "shortage", text: reason } as const;
  const at = entry.world.clock.monotonic();
  return { exit, livedMs: 0, at, failed, origin, neverBegan: true };
}

async function launchNow(entry: InstanceEntry, life: Life): Promise<Run | undefined> {
  const { key, spec, world } = entry;
  const { workingDir, user, groups, limits, ulimits, secrets, forks } = spec;
  if (spec.ports.some(({ port }) => port === 0)) await takePorts(entry);
  if (life.token.isCancelled) return undefined;
  const cookie = world.random.uuid();
  const output = entry.prepareOutput();
  // Written before it is launched: whoever comes after a crash knows what to look for. After a power cut there is nothing.
  const { offset: outputFrom, errors } = output;
  const errorsFrom = errors?.offset ?? null;
  entry.patch({ cookie, pid: null, sawReadyLine: false, status: null, outputFrom, errorsFrom });
  failpoint("launch.prepared");
  await world.journal.outlivesProcess();
  failpoint("launch.intended");
  if (life.token.isCancelled) return undefined;
  const launching = world.runner.launch({
    cookie,
    command: commandOf(spec, key.instance),
    workingDir,
    environment: {
      ...world.environment(spec, key),
      ...portVariables(spec, entry.record.ports),
      ...watchdogVariable(spec),
    },
    output: output.path,
    ...(errors !== undefined && { errorOutput: errors.path }),
    forks,
    ...(user === undefined ? {} : { user }),
    ...(groups === undefined ? {} : { groups }),
    ...(limits === undefined ? {} : { limits }),
    ...(ulimits === undefined ? {} : { ulimits }),
    ...(secrets === undefined ? {} : { secrets }),
    ...(hearsNotify(spec) && { notify: true }),
  });
  failpoint("launch.asked");
  life.launching = launching.then(
    (run) => {
      failpoint("launch.launched");
      life.run = run;
    },
    () => undefined,
  );
  return await launching;
}

function fail(
  entry: InstanceEntry,
  life: Life,
  error: unknown,
  how: "failed" | "skipped",
  because: Because,
): void {
  const failure =
    error instanceof HoldfastError
      ? error
      : new HoldfastError("START_FAILED", String(error), { cause: error });
  const wanted = entry.spec.schedule !== undefined;
  entry.apply(
    { type: "start-failed", reason: failure.message },
    { lastError: failure.message, wanted },
    because,
  );
  const { name } = entry.key;
  const told = failure.message.startsWith(`${name} `)
    ? failure
    : new HoldfastError(failure.code, `${name} could not start: ${failure.message}`, { cause: failure });
  life.launched.reject(told);
  entry.world.rested(entry.key, how);
}

function becauseOf(on: WaitingFor | undefined): Because {
  return on === undefined ? follows : { origin: { type: "dependency", ...on } };
}

function afterEvent(after: number | undefined): Because {
  return after === undefined ? follows : { after };
}
