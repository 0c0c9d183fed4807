import type { AppSpec, ProjectSpec } from "@holdfast/daemon";
import { commandText } from "@holdfast/daemon/command-text";
import type { Invocation } from "../command-line/invocation.ts";
import type { ConfigOptions } from "../command-line/options.ts";
import { type ExitCode, exitCodes } from "../exit-codes.ts";
import { whereToLook } from "../manifest/describe-app.ts";
import { loadManifest } from "../manifest/load-manifest.ts";

/** `holdfast config`. */
export function config({ options, cli }: Invocation<ConfigOptions>): Promise<ExitCode> {
  const { spec } = loadManifest(cli, {
    files: options.file,
    projectName: options["project-name"],
    profiles: options.profile,
  });
  for (const { name, runner } of spec.apps) {
    if (runner.kind !== "container") continue;
    cli.stderr.write(`warning: ${name} is a container, and this version runs processes only\n`);
  }
  cli.stdout.write(options.json === true ? `${JSON.stringify(spec, null, 2)}\n` : projectText(spec));
  return Promise.resolve(exitCodes.done);
}

function projectText({ name, directory, files, apps }: ProjectSpec): string {
  const head = [
    `project    ${name}`,
    `directory  ${directory}`,
    ...files.map((file) => `manifest   ${file}`),
  ];
  return `${[...head, ...apps.flatMap((app) => ["", ...appLines(app)])].join("\n")}\n`;
}

function appLines(app: AppSpec): readonly string[] {
  const rows: (readonly [string, string | undefined])[] = [
    ["command", commandText(app.command)],
    ["in", app.workingDir],
    [
      "runs",
      app.runner.kind === "container" ? `in a container of ${app.runner.image ?? "no image"}` : undefined,
    ],
    ["replicas", app.replicas === 1 ? undefined : String(app.replicas)],
    ["needs", needsText(app)],
    ["ports", whereToLook(app).join(", ")],
    ["checks", ["healthcheck", "readiness", "liveness"].filter((key) => key in app).join(", ")],
    ["restart", restartText(app)],
    ["schedule", scheduleText(app)],
    ["stop", `${app.stop.signal}, killed after ${app.stop.graceMs / 1_000} s`],
    ["user", app.user],
    ["limits", limitsText(app)],
    ["disabled", app.disabled ? "started only when asked for by name" : undefined],
  ];
  return [`${app.name}`, ...rows.flatMap(([key, value]) => (value ? [`  ${key.padEnd(9)}${value}`] : []))];
}

function needsText({ dependsOn }: AppSpec): string {
  return Object.entries(dependsOn)
    .map(([name, { condition, required }]) => {
      const optional = required ? "" : ", if it is there";
      return `${name} (${condition.replace(/^service_/, "").replaceAll("_", " ")}${optional})`;
    })
    .join(", ");
}

function restartText({ restart: { when, maxRestarts, backoff } }: AppSpec): string {
  if (when === "never") return "never";
  const limit = maxRestarts === undefined ? "" : `, at most ${maxRestarts} times`;
  return `${when}${limit}, after ${backoff.initialMs / 1_000} s and more`;
}

function limitsText({ limits }: AppSpec): string {
  if (limits === undefined) return "";
  const { memoryBytes, cpus, pids, enforce } = limits;
  const parts = [
    ...(memoryBytes === undefined ? [] : [`${Math.floor(memoryBytes / 1024 ** 2)} MiB of memory`]),
    ...(cpus === undefined ? [] : [`${cpus} processors`]),
    ...(pids === undefined ? [] : [`${pids} processes and threads`]),
  ];
  return `${parts.join(", ")}${enforce === "require" ? "; it is not started where they cannot be enforced" : ""}`;
}

function scheduleText({ schedule }: AppSpec): string | undefined {
  if (schedule === undefined) return undefined;
  return schedule.cron ?? `every ${(schedule.everyMs ?? 0) / 1_000} s`;
}
