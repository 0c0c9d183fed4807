/** `healthcheck`, `readiness` and `liveness`: Compose's shape, with checks by HTTP and TCP beside commands. */
import type { Command, Probe, ProbeAction, ReadyNotify } from "../../spec/app-spec.ts";
import type { ProblemList } from "../problem.ts";
import type { MapReader } from "../reader.ts";
import { asText, asTextList, wrongType } from "../value.ts";
import { posixShell } from "./command.ts";
import { readHttpAction, readTcpAction } from "./probe-network.ts";

/** What is assumed where a probe does not say, in milliseconds. */
export interface ProbeDefaults {
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly startIntervalMs: number;
}

/** Compose's own. */
export const healthcheckDefaults: ProbeDefaults = {
  intervalMs: 30_000,
  timeoutMs: 30_000,
  startIntervalMs: 5000,
};
/** Others wait for it. */
export const readinessDefaults: ProbeDefaults = { intervalMs: 1000, timeoutMs: 5000, startIntervalMs: 1000 };
export const livenessDefaults: ProbeDefaults = { intervalMs: 10_000, timeoutMs: 5000, startIntervalMs: 5000 };

/** What a service says under one of the three keys. */
export interface ProbeReading {
  readonly probe?: Probe;
  /** The text whose appearance in the output says `ready`. */
  readonly logLine?: string;
  /** It says itself when it is ready. */
  readonly notify?: ReadyNotify;
  /** How often it says itself that it is alive, in milliseconds. */
  readonly watchdogMs?: number;
  /** Said to be off: `disable: true` or a test of `NONE`. */
  readonly disabled: boolean;
}

/** Checks that only one of the three can have. */
const ownActions: Readonly<Record<string, readonly string[]>> = {
  readiness: ["log", "notify"],
  liveness: ["watchdog"],
};

/** Reads the probe under `key`. With `imageDecides` a missing test is none of ours. Code `invalid-probe`. */
export function readProbe(
  owner: MapReader,
  key: string,
  defaults: ProbeDefaults,
  problems: ProblemList,
  imageDecides = false,
): ProbeReading {
  const read = owner.reader(key);
  if (read === undefined) return { disabled: false };
  const disabled = read.boolean("disable") ?? false;
  // Asking for a key makes it known, and only readiness may have a line of output.
  const actions = ["test", "exec", "http", "tcp", ...(ownActions[key] ?? [])];
  const chosen = actions.filter((name) => read.has(name));
  const timing = readTiming(read, defaults);
  const logLine = key === "readiness" ? read.string("log") : undefined;
  const wantsNotify = key === "readiness" && read.boolean("notify") === true;
  // Of a look it is the time of one; here of the one thing that is waited for.
  const notifyTimeoutMs = wantsNotify ? read.durationMs("timeout") : undefined;
  const watchdogMs = key === "liveness" ? read.durationMs("watchdog") : undefined;
  if (watchdogMs !== undefined && watchdogMs < 1)
    read.wrong("invalid-probe", "watchdog", "it must be longer than nothing");
  const action = readAction(read, problems);
  const test = read.node("test");
  read.finish({
    ...(key === "readiness"
      ? { watchdog: "it is for liveness" }
      : { log: "only readiness can wait for a line of output", notify: "it is for readiness" }),
    ...(key === "healthcheck" ? { watchdog: "it is for liveness" } : {}),
  });
  if (disabled || isNone(test)) return { disabled: true };
  if (chosen.length > 1)
    read.wrong("invalid-probe", chosen[1] ?? "", `one check only, and ${chosen[0]} is there already`);
  if (chosen.length === 0 && !imageDecides) {
    const known =
      key === "healthcheck"
        ? "test, http or tcp"
        : `${["exec", "http", "tcp", ...(ownActions[key] ?? [])].join(", ")} or test`;
    problems.add(
      "invalid-probe",
      `${read.path} does not say what to check`,
      owner.locationOf(key),
      `give it ${known}`,
    );
  }
  return {
    disabled: false,
    ...(action === undefined ? {} : { probe: { action, ...timing } }),
    ...(logLine === undefined ? {} : { logLine }),
    ...(watchdogMs === undefined ? {} : { watchdogMs }),
    ...(wantsNotify
      ? {
          notify: notifyTimeoutMs === undefined || notifyTimeoutMs <= 0 ? {} : { timeoutMs: notifyTimeoutMs },
        }
      : {}),
  };
}

function readTiming(read: MapReader, defaults: ProbeDefaults): Omit<Probe, "action"> {
  // As in Compose, a time of zero means the default: no check can run without a pause or end at once.
  const positive = (key: string, otherwise: number): number => {
    const value = read.durationMs(key) ?? 0;
    return value > 0 ? Math.max(1, Math.round(value)) : otherwise;
  };
  return {
    initialDelayMs: Math.round(read.durationMs("initial_delay") ?? 0),
    intervalMs: positive("interval", defaults.intervalMs),
    timeoutMs: positive("timeout", defaults.timeoutMs),
    successThreshold: read.integer("success_threshold", { min: 1 }) ?? 1,
    failureThreshold: Math.max(1, read.integer("retries", { min: 0 }) ?? 3),
    startPeriodMs: Math.round(read.durationMs("start_period") ?? 0),
    startIntervalMs: positive("start_interval", defaults.startIntervalMs),
  };
}

function readAction(read: MapReader, problems: ProblemList): ProbeAction | undefined {
  const http = readHttpAction(read, problems);
  const tcp = readTcpAction(read, problems);
  const exec = readExec(read, "exec", problems);
  const test = readTest(read, problems);
  const command = test ?? exec;
  return command === undefined ? (http ?? tcp) : { kind: "exec", command };
}

function isNone(node: ReturnType<MapReader["node"]>): boolean {
  const first = node?.kind === "list" ? node.items[0] : undefined;
  return first?.kind === "scalar" && first.text === "NONE";
}

/** Compose's test: a text for the shell, or a list that begins with NONE, CMD or CMD-SHELL. */
function readTest(read: MapReader, problems: ProblemList): Command | undefined {
  const node = read.node("test");
  if (node?.kind !== "list") return readExec(read, "test", problems);
  const [kind, ...words] = asTextList(node, read.pathOf("test"), problems) ?? [];
  const [program, ...rest] = words;
  if (kind === "NONE") return undefined;
  if (kind === "CMD" && program !== undefined) return { kind: "exec", argv: [program, ...rest] };
  if (kind === "CMD-SHELL" && program !== undefined)
    return { kind: "shell", script: words.join(" "), shell: posixShell };
  const message =
    kind === "CMD" || kind === "CMD-SHELL"
      ? `nothing follows ${kind}`
      : "the list must begin with NONE, CMD or CMD-SHELL";
  problems.add("invalid-probe", `${read.pathOf("test")}: ${message}`, node.location);
  return undefined;
}

/** A text for the shell, or the words of a program. */
function readExec(read: MapReader, key: string, problems: ProblemList): Command | undefined {
  const node = read.node(key);
  if (node === undefined) return undefined;
  if (node.kind === "map") return wrongType(node, read.pathOf(key), problems, "a text or a list of texts");
  if (node.kind === "scalar") {
    const script = asText(node, read.pathOf(key), problems)?.trim() ?? "";
    if (script !== "") return { kind: "shell", script, shell: posixShell };
    read.wrong("invalid-probe", key, "the command is empty");
    return undefined;
  }
  const [program, ...rest] = asTextList(node, read.pathOf(key), problems) ?? [];
  if (program !== undefined) return { kind: "exec", argv: [program, ...rest] };
  read.wrong("invalid-probe", key, "the command is empty");
  return undefined;
}
