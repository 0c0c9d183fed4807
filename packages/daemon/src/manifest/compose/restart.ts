/** `restart`, `deploy.restart_policy`, `deploy.replicas` and `scale`: how often an app runs and runs again. */
import type { RestartPolicy, UpdatePolicy } from "../../spec/app-spec.ts";
import type { MapReader } from "../reader.ts";
import { unsupportedInDeploy } from "./service-keys.ts";
import { readUpdate } from "./update.ts";

/** Times in milliseconds. */
export const defaultBackoff: RestartPolicy["backoff"] = {
  initialMs: 100,
  factor: 2,
  maxMs: 30_000,
  resetAfterMs: 10_000,
};

const maxReplicas = 1000;

/** What a service says of its number and its restarts. */
export interface Deployment {
  readonly replicas: number;
  readonly restart: RestartPolicy;
  readonly labels: Readonly<Record<string, string>>;
  readonly update?: UpdatePolicy;
}

/** Reads all four; `deploy.restart_policy` goes before `restart`. A container takes every key of `deploy`. */
export function readDeployment(service: MapReader, isContainer: boolean): Deployment {
  const plain = readRestart(service);
  const scale = service.integer("scale", { min: 0, max: maxReplicas });
  const deploy = service.reader("deploy");
  const replicas = deploy?.integer("replicas", { min: 0, max: maxReplicas });
  deploy?.oneOf(
    "mode",
    isContainer ? ["replicated", "global", "replicated-job", "global-job"] : ["replicated"],
  );
  const policy = deploy?.reader("restart_policy");
  const restart = policy === undefined ? plain : readPolicy(policy);
  const labels = deploy?.node("labels")?.kind === "map" ? deploy.stringMap("labels") : undefined;
  const update = isContainer ? undefined : deploy?.reader("update_config");
  if (isContainer) deploy?.accept("update_config");
  // Read by `readLimits`.
  deploy?.accept("resources");
  if (isContainer) deploy?.accept(...Object.keys(unsupportedInDeploy));
  deploy?.finish(unsupportedInDeploy);
  if (scale !== undefined && replicas !== undefined && scale !== replicas) {
    service.wrong("invalid-value", "scale", `it says ${scale}, and deploy.replicas says ${replicas}`);
  }
  return {
    replicas: replicas ?? scale ?? 1,
    restart: restart ?? { when: "never", backoff: defaultBackoff },
    labels: labels ?? {},
    ...(update === undefined ? {} : { update: readUpdate(update) }),
  };
}

function readRestart(service: MapReader): RestartPolicy | undefined {
  const node = service.node("restart");
  if (node === undefined) return undefined;
  const text = node.kind === "scalar" ? node.text : "";
  const onFailure = /^on-failure(?::(\d{1,9}))?$/.exec(text);
  if (onFailure !== null) {
    // Docker reads a maximum of zero as none.
    const max = Number(onFailure[1] ?? 0);
    return { when: "on-failure", ...(max > 0 ? { maxRestarts: max } : {}), backoff: defaultBackoff };
  }
  if (text === "always" || text === "unless-stopped") return { when: "always", backoff: defaultBackoff };
  if (text === "no" || text === "false") return { when: "never", backoff: defaultBackoff };
  // Gives the message with all that is allowed.
  service.oneOf("restart", ["no", "always", "on-failure", "on-failure:N", "unless-stopped"]);
  return undefined;
}

/** No delay is none for what was up for a second: what dies at once, again and again, would only burn the processor. */
function fixedDelay(delayMs: number): RestartPolicy["backoff"] {
  return delayMs > 0
    ? { ...defaultBackoff, initialMs: delayMs, maxMs: delayMs, factor: 1 }
    : { ...defaultBackoff, promptAfterMs: 1_000 };
}

function readPolicy(policy: MapReader): RestartPolicy {
  const condition = policy.oneOf("condition", ["none", "on-failure", "any"]) ?? "any";
  const delay = policy.durationMs("delay");
  const max = policy.integer("max_attempts", { min: 0 }) ?? 0;
  const window = policy.durationMs("window") ?? 0;
  policy.finish();
  const when = { none: "never", "on-failure": "on-failure", any: "always" } as const;
  return {
    when: when[condition],
    ...(max > 0 ? { maxRestarts: max } : {}),
    ...(window > 0 ? { windowMs: window } : {}),
    backoff: delay === undefined ? defaultBackoff : fixedDelay(delay),
  };
}
