/** The schemas of what each method takes, and one function that parses by them. */
import * as v from "valibot";
import { logLevels } from "../logs/log-level.ts";
import { appNamePattern } from "../spec/app-name.ts";
import { type Methods, remoteRoles } from "./contract.ts";
import { logStreams } from "./contract-logs.ts";
import { longestMs } from "./spec-rules.ts";
import { projectSpecSchema } from "./spec-schema.ts";

/** The methods of the table: all but the one that the RPC endpoint has itself. */
export type OwnMethod = Exclude<keyof Methods, "subscriptions.cancel">;

/** More of them in one call than any machine has. */
const texts = v.pipe(v.array(v.string()), v.maxLength(10_000));
const milliseconds = v.pipe(v.number(), v.minValue(0), v.maxValue(longestMs));
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const time = v.pipe(
  v.string(),
  v.check((text) => !Number.isNaN(Date.parse(text)), "is no RFC 3339 time"),
);
const target = v.strictObject({
  project: v.string(),
  name: v.exactOptional(v.string()),
  instance: v.exactOptional(count),
});
const targets = v.pipe(v.array(target), v.maxLength(10_000));
const key = v.exactOptional(v.pipe(v.string(), v.minLength(1), v.maxLength(200)));
/** What was pasted. */
const word = v.pipe(v.string(), v.maxLength(4_096));
const wanted = v.strictObject({
  spec: projectSpecSchema,
  names: v.exactOptional(texts),
  removeOrphans: v.exactOptional(v.boolean()),
});
const logQuery = {
  targets,
  lines: v.exactOptional(count),
  since: v.exactOptional(time),
  until: v.exactOptional(time),
  level: v.exactOptional(v.picklist(logLevels)),
  text: v.exactOptional(v.pipe(v.string(), v.maxLength(1_000))),
  stream: v.exactOptional(v.picklist(logStreams)),
  after: v.exactOptional(count),
};

export const schemas: { readonly [K in OwnMethod]: v.GenericSchema<unknown, Methods[K]["params"]> } = {
  "system.info": v.strictObject({ settled: v.exactOptional(v.boolean()) }),
  "system.describe": v.strictObject({}),
  "system.healthz": v.strictObject({}),
  "rpc.discover": v.strictObject({}),
  "system.shutdown": v.strictObject({ keepApps: v.exactOptional(v.boolean()) }),
  "apps.list": v.strictObject({ project: v.exactOptional(v.string()) }),
  "apps.get": target,
  "apps.why": v.strictObject({ ...target.entries, lines: v.exactOptional(v.pipe(count, v.maxValue(1_000))) }),
  "apps.describe": target,
  "apps.apply": wanted,
  "apps.plan": wanted,
  "apps.start": v.strictObject({ targets, key }),
  "apps.stop": v.strictObject({ targets, timeoutMs: v.exactOptional(milliseconds), key }),
  "apps.restart": v.strictObject({
    targets,
    timeoutMs: v.exactOptional(milliseconds),
    rolling: v.exactOptional(v.boolean()),
    key,
  }),
  "stats.read": v.strictObject({ targets: v.exactOptional(targets), since: v.exactOptional(time) }),
  "stats.follow": v.strictObject({ targets: v.exactOptional(targets) }),
  "apps.remove": v.strictObject({
    targets,
    keepData: v.exactOptional(v.boolean()),
    timeoutMs: v.exactOptional(milliseconds),
    key,
  }),
  "sessions.invite": v.strictObject({ role: v.exactOptional(v.picklist(["operate", "read"])) }),
  "sessions.list": v.strictObject({}),
  "sessions.revoke": v.strictObject({ id: v.string() }),
  "remote.status": v.strictObject({}),
  "remote.join": v.strictObject({ invitation: word }),
  "remote.leave": v.strictObject({}),
  "remote.invite": v.strictObject({ role: v.picklist(remoteRoles) }),
  "remote.pair": v.strictObject({
    code: word,
    name: v.exactOptional(v.pipe(v.string(), v.regex(appNamePattern, "is no name of a machine"))),
  }),
  "remote.grant": v.strictObject({ name: v.string(), role: v.exactOptional(v.picklist(remoteRoles)) }),
  "remote.forget": v.strictObject({ name: v.string() }),
  "operations.get": v.strictObject({ id: v.string() }),
  "operations.list": v.strictObject({
    project: v.exactOptional(v.string()),
    name: v.exactOptional(v.string()),
    since: v.exactOptional(time),
    limit: v.exactOptional(count),
  }),
  "operations.wait": v.strictObject({ ids: texts }),
  "logs.read": v.strictObject({ ...logQuery, before: v.exactOptional(count) }),
  "logs.extent": v.strictObject({ targets }),
  "logs.follow": v.strictObject(logQuery),
  "webhooks.list": v.strictObject({ project: v.exactOptional(v.string()) }),
  "events.read": v.strictObject({
    after: v.exactOptional(count),
    limit: v.exactOptional(count),
    before: v.exactOptional(count),
    last: v.exactOptional(count),
    project: v.exactOptional(v.string()),
  }),
  "events.follow": v.strictObject({
    after: v.exactOptional(count),
    project: v.exactOptional(v.string()),
  }),
};

/** Parses what a caller sent. Throws an `Error` that names the first wrong member and what was expected there. */
export function parseParams<K extends OwnMethod>(method: K, params: unknown): Methods[K]["params"] {
  const result = v.safeParse(schemas[method], params ?? {}, { abortEarly: true });
  if (result.success) return result.output;
  const [issue] = result.issues;
  const path = v.getDotPath(issue);
  throw new Error(path === null ? issue.message : `${path}: ${issue.message}`);
}
