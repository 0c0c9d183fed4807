import type { AppSpec, Probe, ProjectSpec, RestartPolicy } from "../../src/spec/app-spec.ts";

/** A spec with nothing special in it. */
export function appSpec(name: string, over: Partial<AppSpec> = {}): AppSpec {
  return {
    project: "shop",
    name,
    source: { file: "holdfast.yaml", line: 1, column: 1 },
    runner: { kind: "process" },
    command: { kind: "exec", argv: ["/bin/true"] },
    workingDir: "/",
    environment: {},
    replicas: 1,
    replicaVariables: [],
    dependsOn: {},
    restart: { when: "never", backoff: { initialMs: 100, maxMs: 30_000, factor: 2, resetAfterMs: 10_000 } },
    successExitCodes: [],
    stop: { signal: "SIGTERM", graceMs: 10_000, leaderOnly: false },
    ports: [],
    namespaces: [],
    labels: {},
    disabled: false,
    forks: false,
    endsProject: "never",
    ...over,
  };
}

export function projectSpec(apps: readonly AppSpec[], over: Partial<ProjectSpec> = {}): ProjectSpec {
  return { name: "shop", directory: "/", files: [], apps, orderedStop: true, abortOnExit: false, ...over };
}

/** `depends_on` with one condition for all. */
export function needs(
  names: readonly string[],
  condition: AppSpec["dependsOn"][string]["condition"] = "service_started",
): Pick<AppSpec, "dependsOn"> {
  return {
    dependsOn: Object.fromEntries(names.map((name) => [name, { condition, required: true, restart: false }])),
  };
}

/** A look at nothing, each second, three failures in a row. */
export const probe: Probe = {
  action: { kind: "tcp", host: "127.0.0.1", port: 1 },
  initialDelayMs: 0,
  intervalMs: 1_000,
  timeoutMs: 500,
  successThreshold: 1,
  failureThreshold: 3,
  startPeriodMs: 0,
  startIntervalMs: 1_000,
};

/** `restart` with the usual backoff. */
export function restart(when: RestartPolicy["when"], maxRestarts?: number): Pick<AppSpec, "restart"> {
  const backoff = { initialMs: 100, maxMs: 30_000, factor: 2, resetAfterMs: 10_000 };
  return { restart: { when, backoff, ...(maxRestarts === undefined ? {} : { maxRestarts }) } };
}
