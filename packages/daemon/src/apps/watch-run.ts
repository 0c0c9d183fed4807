import type { ShutdownToken } from "@holdfast/runtime";
import type { LineWatch } from "../logs/line-watch.ts";
import { runChecks } from "../probes/checks.ts";
import { hearsNotify } from "../probes/notify.ts";
import type { Run } from "../runner/runner.ts";
import type { AppSpec } from "../spec/app-spec.ts";
import type { EndedRun } from "./exit-decision.ts";
import type { InstanceEntry } from "./instance-entry.ts";
import { portVariables } from "./instance-ports.ts";
import { forgetOnceWell } from "./kept-restarts.ts";

/** Why a run had to be ended. */
type Failure = Required<Pick<EndedRun, "failed" | "origin">>;

/** Watches a run until it has ended by itself; resolves with undefined when the token was cancelled first. */
export async function watchRun(
  entry: InstanceEntry,
  run: Run,
  token: ShutdownToken,
): Promise<EndedRun | undefined> {
  const { key, spec, world } = entry;
  const { clock } = world;
  const checks = token.childToken();
  // One that an earlier daemon began has lived for a while.
  const startedAt = clock.monotonic() - Math.max(0, clock.now() - entry.record.since);
  const leaveHistory = forgetOnceWell(entry, clock.monotonic() - startedAt);
  const line = watchReadyLine(entry, checks);
  const onNotified = run.onNotified?.bind(run);
  const leave = hearsNotify(spec) ? onNotified?.(({ status }) => tellStatus(entry, status)) : undefined;
  let failed: Failure | undefined;
  const checking = runChecks(
    spec,
    {
      clock,
      look: world.look(asSeenByRun(entry), { pid: run.pid, cookie: entry.record.cookie }),
      token: checks,
      onLook: (probe, result) => world.onLook(key, probe, result),
      ...(line === undefined ? {} : { readyLine: line.seen }),
      ...(onNotified === undefined ? {} : { onNotified }),
    },
    {
      onChecked: (checked, origin) => entry.apply({ type: "checked", ...checked }, {}, { origin }),
      onDead: (why, origin) => {
        failed = { failed: why, origin };
        void run.stop(world.stopRequest(spec, key, run));
      },
    },
  );
  const exit = await Promise.race([run.exited, token.cancelled.then(() => undefined)]);
  // The line may have been the last thing it wrote.
  if (exit !== undefined) line?.look();
  checks.cancel({ kind: "requested-by-run", message: "the run has ended" });
  await checking;
  leave?.();
  leaveHistory();
  if (exit === undefined || token.isCancelled) return undefined;
  const at = clock.monotonic();
  return { exit, livedMs: at - startedAt, at, ...failed };
}

/** A check by a command is told the ports that the app was given. */
function asSeenByRun({ spec, record }: InstanceEntry): AppSpec {
  const variables = portVariables(spec, record.ports);
  const ports = spec.ports.map((each, index) =>
    each.port === 0 ? { ...each, port: record.ports?.[index] ?? 0 } : each,
  );
  return { ...spec, ports, environment: { ...spec.environment, ...variables } };
}

function tellStatus(entry: InstanceEntry, status: string | undefined): void {
  if (status !== undefined && status !== entry.record.status) entry.patch({ status });
}

function watchReadyLine(entry: InstanceEntry, token: ShutdownToken): LineWatch | undefined {
  const { key, spec, world, record } = entry;
  const { readyLogLine: text } = spec;
  if (text === undefined) return undefined;
  const onSeen = (): void => entry.patch({ sawReadyLine: true });
  return world.watchLine(key, { offset: record.outputFrom, text, token, onSeen }, record.errorsFrom);
}
