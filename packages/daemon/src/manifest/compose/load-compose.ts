/** Manifests in Compose's vocabulary, which is the native one. */
import { basename, dirname } from "node:path";
import type { ProjectSpec } from "../../spec/app-spec.ts";
import { orderByDependency } from "../dependency-graph.ts";
import type { Lookup } from "../interpolate.ts";
import type { LoadContext, ManifestFile } from "../load-context.ts";
import { chooseProjectName, normalizeProjectName } from "../project-name.ts";
import type { Scope } from "./document.ts";
import { readDefaultEnv } from "./include.ts";
import { type Model, readModel } from "./model.ts";
import { checkPortClaims } from "./ports.ts";
import { readService, type ServiceReading, type ServiceSurroundings } from "./service.ts";
import { readWebhooks } from "./webhooks.ts";

/**
 * Reads and merges `files`, of which the first one's directory is the project's. What is wrong goes to
 * `context.problems`; the result is of use only when there is nothing.
 */
export function loadCompose(files: readonly ManifestFile[], context: LoadContext): ProjectSpec {
  const [first] = files;
  if (first === undefined) throw new TypeError("loadCompose was given no file");
  const directory = dirname(first.path);
  const scope = projectScope(files, directory, context);
  const model = readModel(files, scope);
  const project = chooseProjectName(context, model.name, scope.lookup, directory);
  const around = {
    context,
    project,
    lookup: scope.lookup,
    activeProfiles: activeProfiles(scope),
    secrets: model.secrets,
  };
  const readings = isWhole(context) ? readServices(model, around) : [];
  if (readings.length === 0 && context.problems.isEmpty) {
    const location = { file: first.label, line: 1, column: 1 };
    context.problems.add("no-services", "the manifest has no services", location);
  }
  checkTogether(readings, context);
  const names = readings.map(({ app }) => app.name);
  const webhooks = isWhole(context) ? readWebhooks([...model.webhooks.values()], names, context) : undefined;
  return {
    name: project,
    directory,
    files: model.files,
    apps: readings.map((reading) => reading.app),
    orderedStop: true,
    abortOnExit: false,
    ...(webhooks === undefined ? {} : { webhooks }),
  };
}

/** Ranges of ports are short to write and long to hold. */
const maxPorts = 20_000;

function readServices(model: Model, around: ServiceSurroundings): readonly ServiceReading[] {
  const readings: ServiceReading[] = [];
  let ports = 0;
  for (const service of model.services.values()) {
    const reading = readService(service, around);
    readings.push(reading);
    ports += reading.ports.length;
    if (ports <= maxPorts) continue;
    around.context.problems.add(
      "too-many-ports",
      `the project has more than ${maxPorts} ports`,
      service.location,
    );
    break;
  }
  return readings;
}

/** Mistakes that leave the services as they are meant to be; after any other they would seem to lack things. */
const harmless = new Set(["unknown-key", "interpolation-syntax", "required-variable", "dotenv-syntax"]);

function isWhole({ problems }: LoadContext): boolean {
  return problems.all.every(({ code }) => harmless.has(code));
}

function projectScope(files: readonly ManifestFile[], directory: string, context: LoadContext): Scope {
  const caller: Lookup = (name) => (Object.hasOwn(context.env, name) ? context.env[name] : undefined);
  const fromFile = readDefaultEnv(directory, { context, lookup: caller });
  const plain: Lookup = (name) => caller(name) ?? fromFile.get(name);
  // Compose lets a file use the project's name, which the same file may say: it is looked for before all else.
  const name =
    context.projectName ??
    plainName(files) ??
    (plain("COMPOSE_PROJECT_NAME") || normalizeProjectName(basename(directory)));
  const lookup: Lookup = (key) => (key === "COMPOSE_PROJECT_NAME" ? name : plain(key));
  return {
    context,
    directory,
    lookup,
    includedBy: files.slice(0, 1).map((file) => file.path),
    included: { count: 0 },
  };
}

/** The name that the last file to have one says at its margin, unless that has variables in it. */
function plainName(files: readonly ManifestFile[]): string | undefined {
  const written = files.map(
    ({ text }) => /^name[ \t]*:[ \t]*["']?([\w.-]+)["']?[ \t]*(?:#.*)?\r?$/m.exec(text)?.[1],
  );
  return written.findLast((name) => name !== undefined);
}

function activeProfiles({ context, lookup }: Scope): ReadonlySet<string> {
  const named = ["COMPOSE_PROFILES", "HOLDFAST_PROFILES"].flatMap((name) => (lookup(name) ?? "").split(","));
  return new Set(
    [...context.profiles, ...named].map((profile) => profile.trim()).filter((profile) => profile !== ""),
  );
}

function checkTogether(readings: readonly ServiceReading[], { problems }: LoadContext): void {
  const nodes = readings.map(({ app, dependencies }) => ({
    name: app.name,
    edges: dependencies.map(({ on, required, location }) => ({ to: on, required, location })),
  }));
  orderByDependency(nodes, "service", problems);
  checkConditions(readings, problems);
  // Those that a profile keeps out may be alternatives to each other.
  const active = readings.filter(({ app }) => !app.disabled);
  checkPortClaims(
    active.flatMap(({ app, ports }) => ports.map((claim) => ({ service: app.name, claim }))),
    problems,
  );
}

/** Waiting for what can never come is a mistake that would only show as an app that never starts. */
function checkConditions(readings: readonly ServiceReading[], problems: LoadContext["problems"]): void {
  const apps = new Map(readings.map(({ app }) => [app.name, app]));
  for (const { app, dependencies } of readings) {
    for (const { on, condition, required, location } of dependencies) {
      const target = apps.get(on);
      if (target === undefined) continue;
      const said = `service "${app.name}" depends on "${on}"`;
      if (required && target.disabled && !app.disabled) {
        problems.add(
          "inactive-dependency",
          `${said}, which is in no active profile`,
          location,
          `switch one of its profiles on`,
        );
      }
      const checked =
        target.healthcheck !== undefined ||
        target.readiness !== undefined ||
        target.readyLogLine !== undefined ||
        target.readyNotify !== undefined;
      if (condition === "service_healthy" && !checked && target.runner.kind === "process") {
        problems.add("no-healthcheck", `${said} being healthy, and it has no healthcheck`, location);
      }
      if (condition === "service_log_ready" && target.readyLogLine === undefined) {
        problems.add(
          "no-ready-line",
          `${said} being log ready, and it has no readiness with a log line`,
          location,
        );
      }
    }
  }
}
