/** One service, merged and normalized, as an app. */
import { appNamePattern } from "../../spec/app-name.ts";
import type { AppSpec, Command } from "../../spec/app-spec.ts";
import type { Lookup } from "../interpolate.ts";
import type { LoadContext } from "../load-context.ts";
import type { ProblemList } from "../problem.ts";
import { MapReader } from "../reader.ts";
import { asTextList } from "../value.ts";
import { readContainerCommand, readProcessCommand } from "./command.ts";
import { type DependencyWish, readDependsOn } from "./depends-on.ts";
import { baseEnvironment, readEnvironment } from "./environment.ts";
import { readLimits } from "./limits.ts";
import { readLog } from "./log.ts";
import type { Service } from "./model.ts";
import { readOnExit } from "./on-exit.ts";
import { type PortClaim, readPorts } from "./ports.ts";
import {
  healthcheckDefaults,
  livenessDefaults,
  type ProbeReading,
  readinessDefaults,
  readProbe,
} from "./probe.ts";
import { readDeployment } from "./restart.ts";
import { readSchedule } from "./schedule.ts";
import { readSecrets, type SecretDefinitions } from "./secrets.ts";
import { containerKeys, unsupportedForContainer, unsupportedForProcess } from "./service-keys.ts";
import { readStop } from "./stop.ts";
import { readUlimits } from "./ulimits.ts";
import { checkIdentity } from "./user.ts";
import { readWatch } from "./watch.ts";

/** What all services of a project are read with. */
export interface ServiceSurroundings {
  readonly context: LoadContext;
  readonly project: string;
  /** The caller's variables, then the project's `.env`. */
  readonly lookup: Lookup;
  readonly activeProfiles: ReadonlySet<string>;
  readonly secrets: SecretDefinitions;
}

/** An app, and what can only be judged beside the others. */
export interface ServiceReading {
  readonly app: AppSpec;
  readonly dependencies: readonly DependencyWish[];
  readonly ports: readonly PortClaim[];
}

/** Reads a service. What is wrong is in the context's problems, and the app is then of no use. */
export function readService(service: Service, around: ServiceSurroundings): ServiceReading {
  const { context } = around;
  const { problems } = context;
  const read = new MapReader(service.settings, `services.${service.name}`, problems);
  checkName(service, problems);
  const isContainer = read.has("image") || read.has("build");
  const image = isContainer ? read.text("image") : undefined;
  const disabled = !isActive(readProfiles(read, problems), around.activeProfiles);
  const base = isContainer ? new Map<string, string>() : baseEnvironment(context.env);
  // An app that is switched off may lack its files: it must not keep the others from starting.
  const missing = disabled ? context.warnings : problems;
  const environment = readEnvironment(read, base, around.lookup, context, missing);
  const command = isContainer ? readContainerCommand(read, problems) : readProcessCommand(read, problems);
  const deployment = readDeployment(read, isContainer);
  const dependencies = readDependsOn(read, problems);
  const ports = readPorts(read, isContainer, problems);
  const texts = readTexts(read, isContainer, problems);
  const privileges = isContainer ? {} : readPrivileges(read, around);
  const app: AppSpec = {
    project: around.project,
    name: service.name,
    source: service.location,
    runner: isContainer
      ? { kind: "container", ...(image === undefined ? {} : { image }) }
      : { kind: "process" },
    command: command ?? noCommand,
    environment,
    replicas: deployment.replicas,
    ...(isContainer || !isIndexed(command, environment) ? {} : { indexed: true as const }),
    replicaVariables: [{ name: "HOLDFAST_INSTANCE", base: 1 }],
    dependsOn: Object.fromEntries(
      dependencies.map(({ on, condition, required, restart }) => [on, { condition, required, restart }]),
    ),
    ...readProbes(read, isContainer, problems),
    restart: deployment.restart,
    ...optional("update", deployment.update),
    successExitCodes: [],
    stop: readStop(read),
    ports: ports.map(({ host, port, protocol }) => ({ host, port, protocol })),
    ...optional("schedule", readSchedule(read, problems)),
    ...(isContainer ? {} : optional("onExit", readOnExit(read, problems))),
    ...(isContainer ? {} : optional("watch", readWatch(read, problems))),
    namespaces: [],
    ...texts,
    ...privileges,
    labels: { ...deployment.labels, ...read.stringMap("labels") },
    disabled,
    forks: false,
    endsProject: "never",
  };
  if (isContainer) read.accept(...containerKeys);
  read.finish(isContainer ? unsupportedForContainer : unsupportedForProcess);
  return { app, dependencies, ports };
}

/** Of a container whose image decides. A process without a command is refused. */
const noCommand: Command = { kind: "exec", argv: [""] };

function checkName(service: Service, problems: ProblemList): void {
  if (appNamePattern.test(service.name)) return;
  const message = `${JSON.stringify(service.name)} is no name for a service`;
  problems.add("invalid-name", message, service.location, "letters, digits, _ . and -, at most 63");
}

function readProfiles(read: MapReader, problems: ProblemList): readonly string[] {
  const node = read.node("profiles");
  return node === undefined ? [] : (asTextList(node, read.pathOf("profiles"), problems) ?? []);
}

function isActive(profiles: readonly string[], active: ReadonlySet<string>): boolean {
  return profiles.length === 0 || active.has("*") || profiles.some((profile) => active.has(profile));
}

function readTexts(
  read: MapReader,
  isContainer: boolean,
  problems: ProblemList,
): Pick<AppSpec, "workingDir" | "user" | "description" | "logFile" | "logKeep" | "logSplit"> {
  return {
    workingDir: read.text("working_dir") ?? "/",
    ...optional("user", read.text("user")),
    ...optional("description", read.text("description")),
    ...(isContainer ? {} : readLog(read, problems)),
  };
}

function isIndexed(command: Command | undefined, environment: AppSpec["environment"]): boolean {
  const words = command === undefined ? [] : command.kind === "exec" ? command.argv : [command.script];
  return [...words, ...Object.values(environment)].some((text) => text.includes("{index}"));
}

/** What a process may use, and as whom. A container's engine reads these keys itself. */
function readPrivileges(
  read: MapReader,
  { context, secrets }: ServiceSurroundings,
): Pick<AppSpec, "limits" | "ulimits" | "groups" | "secrets"> {
  const groups = read.textList("group_add");
  checkIdentity(read, read.text("user"), groups, context);
  return {
    ...optional("limits", readLimits(read)),
    ...optional("ulimits", readUlimits(read, context.problems)),
    ...optional("secrets", readSecrets(read, secrets, context)),
    ...optional("groups", groups),
  };
}

function readProbes(
  read: MapReader,
  isContainer: boolean,
  problems: ProblemList,
): Pick<AppSpec, "healthcheck" | "readiness" | "liveness" | "readyLogLine" | "readyNotify" | "watchdogMs"> {
  const healthcheck = readProbe(read, "healthcheck", healthcheckDefaults, problems, isContainer);
  const readiness: ProbeReading = readProbe(read, "readiness", readinessDefaults, problems);
  const liveness = readProbe(read, "liveness", livenessDefaults, problems);
  return {
    ...optional("healthcheck", healthcheck.probe),
    ...optional("readiness", readiness.probe),
    ...optional("liveness", liveness.probe),
    ...optional("readyLogLine", readiness.logLine),
    ...optional("readyNotify", readiness.notify),
    ...optional("watchdogMs", liveness.watchdogMs),
  };
}

function optional<K extends string, V>(key: K, value: V | undefined): { readonly [P in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { readonly [P in K]?: V });
}
