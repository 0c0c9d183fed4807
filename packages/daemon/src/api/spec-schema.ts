/** The schema of what `apps.apply` takes: the edge at which a project's spec is checked, once. */
import * as v from "valibot";
import { eventNames } from "../hooks/event-names.ts";
import { type Webhook, webhookUrlFault } from "../hooks/hook-spec.ts";
import { appNamePattern } from "../spec/app-name.ts";
import type { AppLimits, AppSpec, Command, Probe, ProjectSpec } from "../spec/app-spec.ts";
import {
  hasNoCycle,
  hasNoNul,
  isConsistent,
  isCron,
  isSignal,
  isTimeZone,
  isVariableName,
  longestMs,
} from "./spec-rules.ts";

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const milliseconds = v.pipe(v.number(), v.minValue(0), v.maxValue(longestMs));
const interval = v.pipe(milliseconds, v.minValue(1));
const text = v.pipe(v.string(), v.check(hasNoNul, "has a NUL byte in it"));
const texts = v.record(text, text);
const variableName = v.pipe(v.string(), v.check(isVariableName, "is no name of a variable"));
const argv = v.tupleWithRest([text], text);
const absolute = v.pipe(text, v.startsWith("/"));
const name = v.pipe(
  v.string(),
  v.regex(appNamePattern, "a name must match ^[A-Za-z0-9_][A-Za-z0-9_.-]{0,62}$"),
);

const command: v.GenericSchema<unknown, Command> = v.variant("kind", [
  v.object({ kind: v.literal("exec"), argv }),
  v.object({ kind: v.literal("shell"), script: text, shell: argv }),
]);

const probe: v.GenericSchema<unknown, Probe> = v.object({
  action: v.variant("kind", [
    v.object({ kind: v.literal("exec"), command, workingDir: v.exactOptional(absolute) }),
    v.object({
      kind: v.literal("http"),
      url: v.pipe(v.string(), v.url()),
      method: text,
      headers: texts,
      status: v.exactOptional(count),
    }),
    v.object({ kind: v.literal("tcp"), host: text, port: count }),
  ]),
  initialDelayMs: milliseconds,
  intervalMs: interval,
  timeoutMs: milliseconds,
  successThreshold: count,
  failureThreshold: count,
  startPeriodMs: milliseconds,
  startIntervalMs: interval,
});

const restart = v.object({
  when: v.picklist(["never", "on-failure", "always"]),
  maxRestarts: v.exactOptional(count),
  windowMs: v.exactOptional(milliseconds),
  backoff: v.object({
    initialMs: milliseconds,
    maxMs: milliseconds,
    factor: v.pipe(v.number(), v.finite(), v.minValue(0)),
    resetAfterMs: v.exactOptional(milliseconds),
    promptAfterMs: v.exactOptional(milliseconds),
  }),
});

const limits: v.GenericSchema<unknown, AppLimits> = v.object({
  memoryBytes: v.exactOptional(v.pipe(count, v.minValue(1))),
  cpus: v.exactOptional(v.pipe(v.number(), v.gtValue(0))),
  pids: v.exactOptional(v.pipe(count, v.minValue(1))),
  enforce: v.picklist(["require", "warn"]),
});
const secretName = v.pipe(v.string(), v.regex(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/));
const ulimit = v.union([count, v.literal("unlimited")]);

const app: v.GenericSchema<unknown, AppSpec> = v.object({
  project: name,
  name,
  group: v.exactOptional(text),
  description: v.exactOptional(text),
  source: v.object({ file: text, line: count, column: count }),
  runner: v.variant("kind", [
    v.object({ kind: v.literal("process") }),
    v.object({ kind: v.literal("container"), image: v.exactOptional(text) }),
  ]),
  command,
  workingDir: absolute,
  environment: v.record(variableName, text),
  inheritedVariables: v.exactOptional(v.array(text)),
  user: v.exactOptional(text),
  groups: v.exactOptional(v.array(text)),
  limits: v.exactOptional(limits),
  secrets: v.exactOptional(v.array(v.object({ file: absolute, target: secretName, mode: count }))),
  ulimits: v.exactOptional(v.array(v.object({ resource: count, soft: ulimit, hard: ulimit }))),
  replicas: v.pipe(count, v.maxValue(10_000)),
  indexed: v.exactOptional(v.literal(true)),
  replicaVariables: v.array(
    v.object({
      name: variableName,
      base: v.pipe(v.number(), v.safeInteger()),
      prefix: v.exactOptional(text),
    }),
  ),
  dependsOn: v.record(
    v.string(),
    v.object({
      condition: v.picklist([
        "service_started",
        "service_healthy",
        "service_completed_successfully",
        "service_completed",
        "service_log_ready",
      ]),
      required: v.boolean(),
      restart: v.boolean(),
    }),
  ),
  healthcheck: v.exactOptional(probe),
  readiness: v.exactOptional(probe),
  unreadyKills: v.exactOptional(v.literal(true)),
  liveness: v.exactOptional(probe),
  readyNotify: v.exactOptional(v.object({ timeoutMs: v.exactOptional(milliseconds) })),
  watchdogMs: v.exactOptional(v.pipe(v.number(), v.minValue(1))),
  readyLogLine: v.exactOptional(text),
  restart,
  update: v.exactOptional(
    v.object({
      parallelism: count,
      delayMs: milliseconds,
      monitorMs: milliseconds,
      onFailure: v.picklist(["pause", "continue", "rollback"]),
    }),
  ),
  successExitCodes: v.array(count),
  stop: v.object({
    signal: v.pipe(v.string(), v.check(isSignal, "is no signal")),
    graceMs: milliseconds,
    command: v.exactOptional(command),
    leaderOnly: v.boolean(),
  }),
  ports: v.array(v.object({ host: text, port: count, protocol: v.picklist(["tcp", "udp"]) })),
  schedule: v.exactOptional(
    v.object({
      cron: v.exactOptional(v.pipe(v.string(), v.check(isCron, "is no cron pattern"))),
      everyMs: v.exactOptional(interval),
      timeZone: v.exactOptional(v.pipe(v.string(), v.check(isTimeZone, "is no time zone"))),
      immediate: v.boolean(),
      overlap: v.exactOptional(v.picklist(["queue", "replace"])),
      missed: v.exactOptional(v.literal("run-once")),
    }),
  ),
  onExit: v.exactOptional(
    v.object({
      command,
      when: v.picklist(["failure", "success", "always"]),
      timeoutMs: interval,
    }),
  ),
  watch: v.exactOptional(
    v.array(
      v.object({
        path: absolute,
        include: v.array(text),
        ignore: v.array(text),
        debounceMs: v.pipe(v.number(), v.minValue(1)),
      }),
    ),
  ),
  namespaces: v.array(text),
  labels: texts,
  disabled: v.boolean(),
  forks: v.boolean(),
  endsProject: v.picklist(["never", "on-failure", "always"]),
  skippedEndsProject: v.exactOptional(v.literal(true)),
  logFile: v.exactOptional(absolute),
  logSplit: v.exactOptional(v.literal(true)),
  logKeep: v.exactOptional(
    v.object({ maxBytes: v.exactOptional(count), maxAgeMs: v.exactOptional(milliseconds) }),
  ),
});

const webhook: v.GenericSchema<unknown, Webhook> = v.object({
  name,
  url: v.pipe(
    v.string(),
    v.check((url) => webhookUrlFault(url) === undefined, "is no https: URL"),
  ),
  events: v.array(
    v.pipe(
      v.string(),
      v.check((event) => eventNames.includes(event), "is no event"),
    ),
  ),
  apps: v.exactOptional(v.array(name)),
  secretFile: v.exactOptional(absolute),
  timeoutMs: interval,
  giveUpAfterMs: milliseconds,
});

export const projectSpecSchema: v.GenericSchema<unknown, ProjectSpec> = v.pipe(
  v.object({
    name,
    directory: absolute,
    files: v.array(text),
    apps: v.array(app),
    orderedStop: v.boolean(),
    abortOnExit: v.boolean(),
    webhooks: v.exactOptional(v.pipe(v.array(webhook), v.maxLength(20))),
  }),
  v.check((spec) => isConsistent(spec), "each app must be of this project, and its name no other's"),
  v.check((spec) => hasNoCycle(spec), "apps wait for each other"),
);
