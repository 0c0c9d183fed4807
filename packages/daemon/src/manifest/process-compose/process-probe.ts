/** Readiness and liveness probes. */
import type { Command, Probe, ProbeAction } from "../../spec/app-spec.ts";
import type { MapReader } from "../reader.ts";

export interface ProbeSurroundings {
  /** A script in the project's shell. */
  readonly commandOf: (script: string) => Command;
  readonly resolveDirectory: (directory: string) => string;
}

/** Adds `missing-key` for a probe that asks nothing, and `invalid-value`. What is below 1 is the default, as there. */
export function readProbe(owner: MapReader, key: string, around: ProbeSurroundings): Probe | undefined {
  const reader = owner.reader(key);
  if (reader === undefined) return undefined;
  const exec = reader.reader("exec");
  const http = reader.reader("http_get");
  const action = exec === undefined ? readHttp(http) : readExec(exec, around);
  const seconds = (name: string, fallback: number): number => {
    const value = reader.integer(name);
    return (value === undefined || value < 1 ? fallback : value) * 1000;
  };
  const times = (name: string, fallback: number): number => seconds(name, fallback) / 1000;
  const intervalMs = seconds("period_seconds", 10);
  const probe = {
    initialDelayMs: seconds("initial_delay_seconds", 0),
    intervalMs,
    timeoutMs: seconds("timeout_seconds", 1),
    successThreshold: times("success_threshold", 1),
    failureThreshold: times("failure_threshold", 3),
    startPeriodMs: 0,
    startIntervalMs: intervalMs,
  };
  reader.finish();
  if (exec === undefined && http === undefined) reader.missing("exec", "a probe needs exec or http_get");
  return action === undefined ? undefined : { action, ...probe };
}

function readExec(reader: MapReader, around: ProbeSurroundings): ProbeAction | undefined {
  const script = reader.text("command");
  const directory = reader.text("working_dir");
  reader.finish();
  if (script === undefined) {
    reader.missing("command");
    return undefined;
  }
  const workingDir = directory === undefined ? {} : { workingDir: around.resolveDirectory(directory) };
  return { kind: "exec", command: around.commandOf(script), ...workingDir };
}

function readHttp(reader: MapReader | undefined): ProbeAction | undefined {
  if (reader === undefined) return undefined;
  const textOr = (key: string, fallback: string): string => {
    const text = reader.text(key)?.trim();
    return text === undefined || text === "" ? fallback : text;
  };
  const scheme = textOr("scheme", "http").toLowerCase();
  const host = textOr("host", "127.0.0.1");
  const path = textOr("path", "/");
  const port = reader.text("port") === "" ? undefined : reader.integer("port", { min: 1, max: 65_535 });
  // Its own note of what `port` says.
  reader.accept("num_port");
  const status = reader.integer("status_code") ?? 200;
  const headers = reader.stringMap("headers") ?? {};
  reader.finish();
  if (scheme !== "http" && scheme !== "https") {
    reader.wrong("invalid-value", "scheme", `must be http or https, found "${scheme}"`);
    return undefined;
  }
  const place = `${scheme}://${host}${port === undefined ? "" : `:${port}`}`;
  const url = `${place}${path.startsWith("/") ? "" : "/"}${path}`;
  if (!URL.canParse(url)) reader.wrong("invalid-value", "host", `"${url}" is no address`);
  return { kind: "http", url, method: "GET", headers, status: status < 1 || status >= 400 ? 200 : status };
}
