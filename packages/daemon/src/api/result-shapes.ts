/** The schemas of what the API tells of apps, operations, events and output. */
import * as v from "valibot";
import { logLevels } from "../logs/log-level.ts";
import type { Exit } from "../spec/app-state.ts";
import {
  type AppStatus,
  type DaemonEvent,
  type LogLine,
  logStreams,
  type Operation,
  type Origin,
  stateNames,
  type WebhookStatus,
} from "./contract.ts";

export type Schema<T> = v.GenericSchema<unknown, T>;

export const text: v.StringSchema<undefined> = v.string();
export const whole: Schema<number> = v.pipe(v.number(), v.integer());
export const time: Schema<string> = v.pipe(v.string(), v.isoTimestamp());
export const nullable = <T>(schema: Schema<T>): Schema<T | null> => v.nullable(schema);
const kind = v.picklist(["start", "stop", "restart", "remove"]);

const limits = v.strictObject({
  memoryBytes: v.exactOptional(whole),
  cpus: v.exactOptional(v.number()),
  pids: v.exactOptional(whole),
  notEnforced: v.array(v.picklist(["memory", "cpus", "pids"])),
});

export const exit: Schema<Exit> = v.strictObject({
  code: nullable(whole),
  signal: nullable(text),
  oom: v.exactOptional(v.literal(true)),
});

export const appStatus: Schema<AppStatus> = v.strictObject({
  project: text,
  name: text,
  state: v.picklist(stateNames),
  stage: v.exactOptional(text),
  health: v.picklist(["none", "starting", "healthy", "unhealthy"]),
  ready: v.boolean(),
  runner: v.picklist(["process", "container"]),
  pid: nullable(whole),
  instance: whole,
  restarts: whole,
  since: time,
  exit: nullable(exit),
  lastError: nullable(text),
  ports: v.array(whole),
  status: nullable(text),
  limits: nullable(limits),
  operation: nullable(v.strictObject({ id: text, kind, since: time })),
  labels: v.record(text, text),
  group: nullable(text),
  waitingFor: v.array(v.strictObject({ app: text, condition: text })),
  next: nullable(time),
  budgetMs: nullable(v.number()),
});

export const operation: Schema<Operation> = v.strictObject({
  id: text,
  kind,
  project: text,
  name: text,
  instance: nullable(whole),
  by: nullable(text),
  state: v.picklist(["running", "done", "failed"]),
  since: time,
  ended: nullable(time),
  error: nullable(text),
});

export const origin: Schema<Origin> = v.variant("type", [
  v.strictObject({ type: v.literal("request"), by: text, method: text }),
  v.strictObject({ type: v.literal("exit"), exit, afterMs: nullable(v.number()) }),
  v.strictObject({
    type: v.literal("probe"),
    probe: v.picklist(["health", "readiness", "liveness", "notify", "log"]),
    text,
  }),
  v.strictObject({
    type: v.literal("timer"),
    timer: v.picklist(["backoff", "schedule", "start-timeout", "watchdog", "rolling"]),
  }),
  v.strictObject({ type: v.literal("dependency"), app: text, condition: text }),
  v.strictObject({ type: v.literal("watch"), path: text }),
  v.strictObject({ type: v.literal("shortage"), text }),
  v.strictObject({ type: v.literal("boot"), text }),
]);

export const event: Schema<DaemonEvent> = v.strictObject({
  seq: whole,
  time,
  type: v.picklist(["state", "operation", "project", "warning", "watch", "hook"]),
  project: text,
  name: nullable(text),
  message: text,
  app: nullable(appStatus),
  operation: nullable(operation),
  by: nullable(text),
  cause: v.strictObject({ origin: nullable(origin), after: nullable(whole) }),
});

export const logStream: v.ExactOptionalSchema<
  v.PicklistSchema<typeof logStreams, undefined>,
  undefined
> = v.exactOptional(v.picklist(logStreams));

export const logLine: Schema<LogLine> = v.strictObject({
  project: text,
  name: text,
  instance: whole,
  time,
  text,
  offset: whole,
  stream: logStream,
  level: v.exactOptional(v.picklist(logLevels)),
  fields: v.exactOptional(v.record(text, v.unknown())),
  continues: v.exactOptional(v.literal(true)),
});

export const webhook: Schema<WebhookStatus> = v.strictObject({
  project: text,
  name: text,
  address: text,
  waiting: whole,
  delivered: whole,
  state: v.picklist(["good", "failing", "gone"]),
  error: nullable(text),
  next: nullable(time),
});
