/** The schemas of what each method gives: for the OpenRPC document, and for tests that hold the daemon to it. */
import * as v from "valibot";
import { logLevels } from "../logs/log-level.ts";
import {
  type Applied,
  type AppStatus,
  type BrowserSession,
  type DaemonEvent,
  type LogEvent,
  type LogExtent,
  type LogLine,
  type Methods,
  type Operation,
  type Plan,
  type SystemInfo,
  stateNames,
} from "./contract.ts";
import type { OwnMethod } from "./params.ts";

type Schema<T> = v.GenericSchema<unknown, T>;

const text = v.string();
const whole = v.pipe(v.number(), v.integer());
const time = v.pipe(v.string(), v.isoTimestamp());
const nullable = <T>(schema: Schema<T>): Schema<T | null> => v.nullable(schema);
const kind = v.picklist(["start", "stop", "restart"]);
const nothing = v.strictObject({});

const limits = v.strictObject({
  memoryBytes: v.exactOptional(whole),
  cpus: v.exactOptional(v.number()),
  pids: v.exactOptional(whole),
  notEnforced: v.array(v.picklist(["memory", "cpus", "pids"])),
});

const appStatus: Schema<AppStatus> = v.strictObject({
  project: text,
  name: text,
  state: v.picklist(stateNames),
  health: v.picklist(["none", "starting", "healthy", "unhealthy"]),
  ready: v.boolean(),
  runner: v.picklist(["process", "container"]),
  pid: nullable(whole),
  instance: whole,
  restarts: whole,
  since: time,
  exit: nullable(
    v.strictObject({
      code: nullable(whole),
      signal: nullable(text),
      oom: v.exactOptional(v.literal(true)),
    }),
  ),
  lastError: nullable(text),
  ports: v.array(whole),
  status: nullable(text),
  limits: nullable(limits),
  operation: nullable(v.strictObject({ id: text, kind, since: time })),
  labels: v.record(text, text),
  group: nullable(text),
  waitingFor: v.array(v.strictObject({ app: text, condition: text })),
  next: nullable(time),
});

const operation: Schema<Operation> = v.strictObject({
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

const event: Schema<DaemonEvent> = v.strictObject({
  seq: whole,
  time,
  type: v.picklist(["state", "operation", "project", "warning", "watch"]),
  project: text,
  name: nullable(text),
  message: text,
  app: nullable(appStatus),
  operation: nullable(operation),
  by: nullable(text),
});

const logLine: Schema<LogLine> = v.strictObject({
  project: text,
  name: text,
  instance: whole,
  time,
  text,
  offset: whole,
  level: v.exactOptional(v.picklist(logLevels)),
  fields: v.exactOptional(v.record(text, v.unknown())),
  continues: v.exactOptional(v.literal(true)),
});

const logEvent: Schema<LogEvent> = v.strictObject({
  lines: v.array(logLine),
  caughtUp: v.exactOptional(v.literal(true)),
  skipped: v.exactOptional(
    v.array(v.strictObject({ project: text, name: text, instance: whole, bytes: whole })),
  ),
});

const logExtent: Schema<LogExtent> = v.strictObject({
  project: text,
  name: text,
  instance: whole,
  firstOffset: whole,
  endOffset: whole,
});

const info: Schema<SystemInfo> = v.strictObject({
  pid: whole,
  version: text,
  home: text,
  socket: text,
  http: nullable(text),
  since: time,
  onDemand: v.boolean(),
});

const plan: Schema<Plan> = v.strictObject({
  project: text,
  apps: v.array(
    v.strictObject({
      name: text,
      change: v.picklist(["added", "changed", "unchanged", "removed", "orphaned"]),
      fields: v.array(v.strictObject({ field: text, from: nullable(text), to: nullable(text) })),
      action: v.picklist(["start", "restart", "roll", "scale", "stop", "none"]),
      because: nullable(text),
      stopMs: v.number(),
    }),
  ),
  hasChanges: v.boolean(),
  stopMs: v.number(),
  downMs: v.number(),
  downPath: v.array(text),
});

const applied: Schema<Applied> = v.strictObject({
  project: text,
  added: v.array(text),
  changed: v.array(text),
  unchanged: v.array(text),
  removed: v.array(text),
  plan,
  operations: v.array(operation),
});

const session: Schema<BrowserSession> = v.strictObject({
  id: text,
  role: v.picklist(["operate", "read"]),
  since: time,
  until: time,
});

export const results: { readonly [K in OwnMethod]: Schema<Methods[K]["result"]> } = {
  "system.info": info,
  "system.healthz": v.strictObject({ ok: v.literal(true) }),
  "system.shutdown": nothing,
  "rpc.discover": v.looseObject({ openrpc: text }),
  "apps.list": v.array(appStatus),
  "apps.get": v.array(appStatus),
  "apps.apply": applied,
  "apps.plan": plan,
  "apps.start": v.array(operation),
  "apps.stop": v.array(operation),
  "apps.restart": v.array(operation),
  "sessions.invite": v.strictObject({ url: text }),
  "sessions.list": v.array(session),
  "sessions.revoke": nothing,
  "operations.get": operation,
  "operations.list": v.array(operation),
  "operations.wait": v.array(operation),
  "logs.read": v.array(logLine),
  "logs.extent": v.array(logExtent),
  "logs.follow": v.strictObject({ subscription: text }),
  "events.read": v.array(event),
  "events.follow": v.strictObject({ subscription: text, seq: whole }),
};

/** What the notifications of a subscription carry. */
export const events: { readonly [K in "logs.follow" | "events.follow"]: Schema<Methods[K]["event"]> } = {
  "logs.follow": logEvent,
  "events.follow": event,
};
