/** The schemas of what each method gives: for the OpenRPC document, and for tests that hold the daemon to it. */
import * as v from "valibot";
import {
  type Applied,
  type BrowserSession,
  type LogEvent,
  type LogExtent,
  type Methods,
  type Plan,
  type RemoteNode,
  type RemoteStatus,
  remoteRoles,
} from "./contract.ts";
import { remoteStates } from "./contract-remote.ts";
import type { OwnMethod } from "./params.ts";
import { description, info, system, usage, why } from "./result-looks.ts";
import {
  appStatus,
  event,
  logLine,
  logStream,
  nullable,
  operation,
  type Schema,
  text,
  time,
  webhook,
  whole,
} from "./result-shapes.ts";

const nothing = v.strictObject({});

const logEvent: Schema<LogEvent> = v.strictObject({
  lines: v.array(logLine),
  caughtUp: v.exactOptional(v.literal(true)),
  skipped: v.exactOptional(
    v.array(v.strictObject({ project: text, name: text, instance: whole, bytes: whole, stream: logStream })),
  ),
});

const logExtent: Schema<LogExtent> = v.strictObject({
  project: text,
  name: text,
  instance: whole,
  firstOffset: whole,
  endOffset: whole,
  stream: logStream,
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

const remoteNode: Schema<RemoteNode> = v.strictObject({
  name: text,
  key: text,
  role: nullable(v.picklist(remoteRoles)),
  connections: whole,
  heard: nullable(time),
});

const remoteStatus: Schema<RemoteStatus> = v.strictObject({
  relay: nullable(text),
  name: nullable(text),
  key: nullable(text),
  state: v.picklist(remoteStates),
  error: nullable(text),
  nodes: v.array(remoteNode),
});

export const results: { readonly [K in OwnMethod]: Schema<Methods[K]["result"]> } = {
  "system.info": info,
  "system.describe": system,
  "system.healthz": v.strictObject({ ok: v.literal(true) }),
  "system.shutdown": nothing,
  "rpc.discover": v.looseObject({ openrpc: text }),
  "apps.list": v.array(appStatus),
  "apps.get": v.array(appStatus),
  "apps.why": v.array(why),
  "apps.describe": v.array(description),
  "apps.apply": applied,
  "apps.plan": plan,
  "apps.start": v.array(operation),
  "apps.stop": v.array(operation),
  "apps.restart": v.array(operation),
  "apps.remove": v.array(operation),
  "stats.read": v.array(usage),
  "stats.follow": v.strictObject({ subscription: text, history: v.array(usage) }),
  "sessions.invite": v.strictObject({ url: text }),
  "sessions.list": v.array(session),
  "sessions.revoke": nothing,
  "remote.status": remoteStatus,
  "remote.join": remoteStatus,
  "remote.leave": nothing,
  "remote.invite": v.strictObject({ code: text, until: time }),
  "remote.pair": v.strictObject({ name: text, role: v.picklist(remoteRoles) }),
  "remote.grant": remoteNode,
  "remote.forget": nothing,
  "operations.get": operation,
  "operations.list": v.array(operation),
  "operations.wait": v.array(operation),
  "logs.read": v.array(logLine),
  "logs.extent": v.array(logExtent),
  "logs.follow": v.strictObject({ subscription: text }),
  "webhooks.list": v.array(webhook),
  "events.read": v.array(event),
  "events.follow": v.strictObject({ subscription: text, seq: whole }),
};

/** What the notifications of a subscription carry. */
export const events: {
  readonly [K in "logs.follow" | "events.follow" | "stats.follow"]: Schema<Methods[K]["event"]>;
} = {
  "logs.follow": logEvent,
  "events.follow": event,
  "stats.follow": v.array(usage),
};
