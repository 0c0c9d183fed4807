/** The schemas of what the API tells of one app, or of the machine, looked at closely. */
import * as v from "valibot";
import type { AppDescription, SystemDescription, SystemInfo, Usage, Why } from "./contract.ts";
import {
  appStatus,
  exit,
  logLine,
  nullable,
  origin,
  type Schema,
  text,
  time,
  whole,
} from "./result-shapes.ts";

export const why: Schema<Why> = v.strictObject({
  app: appStatus,
  text,
  chain: v.array(
    v.strictObject({ seq: nullable(whole), time, text, origin: nullable(origin), by: nullable(text) }),
  ),
  lastLines: v.array(logLine),
});

export const description: Schema<AppDescription> = v.strictObject({
  project: text,
  name: text,
  command: text,
  workingDirectory: text,
  user: nullable(text),
  environment: v.array(v.strictObject({ name: text, value: nullable(text) })),
  dependsOn: v.array(v.strictObject({ app: text, condition: text })),
  replicas: whole,
  restart: text,
  stopSignal: text,
  stopGraceMs: v.number(),
  schedule: nullable(text),
  probes: v.array(
    v.strictObject({
      instance: whole,
      probe: v.picklist(["health", "readiness", "liveness"]),
      what: text,
      intervalMs: nullable(v.number()),
      results: v.array(v.strictObject({ time, ok: v.boolean(), text, tookMs: v.number() })),
    }),
  ),
  exits: v.array(v.strictObject({ instance: whole, time, exit, ranMs: nullable(v.number()) })),
});

const infoMembers = {
  pid: whole,
  version: text,
  home: text,
  socket: text,
  http: nullable(text),
  since: time,
  onDemand: v.boolean(),
};

export const info: Schema<SystemInfo> = v.strictObject(infoMembers);

export const system: Schema<SystemDescription> = v.strictObject({
  ...infoMembers,
  disk: nullable(v.strictObject({ freeBytes: whole, totalBytes: whole, stateBytes: whole, logBytes: whole })),
  memoryBytes: whole,
  apps: whole,
  boot: time,
});

export const usage: Schema<Usage> = v.strictObject({
  project: text,
  name: text,
  instance: whole,
  time,
  cpus: nullable(v.number()),
  memoryBytes: nullable(whole),
  processes: nullable(whole),
});
