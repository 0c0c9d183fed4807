/** A Procfile, with the `.env` and `.foreman` beside it, as a project: foreman's rules. */
import { basename, dirname, join, resolve } from "node:path";
import type { AppSpec, ProjectSpec, RestartPolicy } from "../../spec/app-spec.ts";
import { type LoadContext, labelOf, type ManifestFile } from "../load-context.ts";
import { normalizeProjectName } from "../project-name.ts";
import { callerEnvironment } from "./caller-environment.ts";
import { parseForemanEnv } from "./foreman-env.ts";
import { type ForemanOptions, readForemanOptions } from "./foreman-options.ts";
import { type ProcfileEntry, readProcfiles } from "./procfile-lines.ts";

const defaultPort = 5000;
const portsBetweenProcesses = 100;
const highestPort = 65_535;
const defaultTimeoutMs = 5000;

/** foreman has no restarts at all; a program that fails at once must not spin. */
const restart: RestartPolicy = {
  when: "on-failure",
  backoff: { initialMs: 500, maxMs: 30_000, factor: 2, resetAfterMs: 10_000 },
};

/**
 * The project of one or more Procfiles, which are read as if they were one. All run in the first one's directory,
 * in the caller's environment with the `.env` over it, and get a `PORT` and a `PS` each. Adds the codes of
 * `readProcfiles` and `readForemanOptions`, `missing-env-file` and `invalid-port`.
 */
export function loadProcfile(files: readonly ManifestFile[], context: LoadContext): ProjectSpec {
  const directory = dirname(files[0]?.path ?? join(context.cwd, "Procfile"));
  const options = readForemanOptions(directory, context);
  const root = resolve(directory, options.root ?? ".");
  const fileVariables = readEnvFiles(directory, root, options, context);
  const environment = { ...callerEnvironment(context), ...Object.fromEntries(fileVariables) };
  const basePort = options.port ?? readBasePort(environment["PORT"], context);
  const project = context.projectName ?? normalizeProjectName(basename(directory));
  const entries = readProcfiles(files, context.problems);
  warnOfUnknownFormation(entries, options, context);
  refuseHighPorts(entries, basePort, options, context);
  return {
    name: project,
    directory,
    files: files.map((file) => file.path),
    apps: entries.map((entry, index) => {
      const port = basePort + index * portsBetweenProcesses;
      return toApp(entry, { project, root, environment, port, options });
    }),
    orderedStop: true,
    abortOnExit: false,
  };
}

/** `.foreman` names files that must be there; without it `.env` is read where there is one. */
function readEnvFiles(
  directory: string,
  root: string,
  options: ForemanOptions,
  context: LoadContext,
): ReadonlyMap<string, string> {
  const paths = options.envFiles?.map((name) => resolve(directory, name.trim())) ?? [join(root, ".env")];
  const variables = new Map<string, string>();
  for (const path of paths) {
    const file = context.sources.readText(path);
    if (file.kind === "text") {
      for (const [name, value] of parseForemanEnv(file.text)) variables.set(name, value);
    } else if (file.kind !== "absent" || options.envFiles !== undefined) {
      const location = { file: labelOf(context, join(directory, ".foreman")), line: 1, column: 1 };
      const why = file.kind === "absent" ? "does not exist" : "cannot be read";
      const place = options.envFiles === undefined ? undefined : location;
      context.problems.add("missing-env-file", `the env file ${labelOf(context, path)} ${why}`, place);
    }
  }
  return variables;
}

function readBasePort(text: string | undefined, context: LoadContext): number {
  if (text === undefined || text === "") return defaultPort;
  const port = /^\d{1,5}$/.test(text.trim()) ? Number(text) : Number.NaN;
  if (port >= 1 && port <= highestPort) return port;
  context.problems.add("invalid-port", `PORT must be a port number, found ${JSON.stringify(text)}`);
  return defaultPort;
}

function warnOfUnknownFormation(
  entries: readonly ProcfileEntry[],
  options: ForemanOptions,
  context: LoadContext,
): void {
  const names = new Set(["all", ...entries.map((entry) => entry.name)]);
  for (const name of options.formation.keys()) {
    if (names.has(name)) continue;
    context.warnings.add("unknown-name", `the formation in .foreman names "${name}", which is no process`);
  }
}

function refuseHighPorts(
  entries: readonly ProcfileEntry[],
  basePort: number,
  options: ForemanOptions,
  context: LoadContext,
): void {
  for (const [index, entry] of entries.entries()) {
    const last = basePort + index * portsBetweenProcesses + Math.max(countOf(entry, options), 1) - 1;
    if (last <= highestPort) continue;
    const message = `the process "${entry.name}" would get the PORT ${last}, and the highest is ${highestPort}`;
    context.problems.add("invalid-port", message, entry.location, `PORT begins at ${basePort}`);
    return;
  }
}

function countOf(entry: ProcfileEntry, { formation }: ForemanOptions): number {
  return formation.get(entry.name) ?? formation.get("all") ?? 0;
}

interface Surroundings {
  readonly project: string;
  readonly root: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly port: number;
  readonly options: ForemanOptions;
}

function toApp(entry: ProcfileEntry, around: Surroundings): AppSpec {
  const { timeoutMs } = around.options;
  const count = countOf(entry, around.options);
  return {
    project: around.project,
    name: entry.name,
    source: entry.location,
    runner: { kind: "process" },
    command: { kind: "shell", script: entry.command, shell: ["/bin/sh", "-c"] },
    workingDir: around.root,
    environment: around.environment,
    replicas: Math.max(count, 1),
    replicaVariables: [
      { name: "PORT", base: around.port },
      { name: "PS", base: 1, prefix: `${entry.name}.` },
    ],
    dependsOn: {},
    restart,
    successExitCodes: [],
    stop: { signal: "SIGTERM", graceMs: timeoutMs ?? defaultTimeoutMs, leaderOnly: false },
    ports: [],
    namespaces: [],
    labels: {},
    disabled: count === 0,
    forks: false,
    endsProject: "never",
  };
}
