import type { Random } from "@holdfast/runtime";
import type { SimulatedProcesses, World } from "@holdfast/runtime/testing";
import type { AppSpec, DependencyCondition, ProjectSpec } from "../../../src/spec/app-spec.ts";
import { appSpec, needs, probe, projectSpec } from "../../fakes/app-spec.ts";
import { chance, pick, whole } from "./draw.ts";
import { simulatedHook } from "./hook-receiver.ts";

/** What the manifest says at some time: how many of each app there are, and in which version. */
export interface Wish {
  readonly apps: ReadonlyMap<string, { readonly version: number; readonly replicas: number }>;
}

interface Trait {
  readonly spec: Partial<AppSpec>;
  readonly program: string;
  /** True: once it is up, it stays up, unless something happens to it. */
  readonly isSteady: boolean;
  readonly lineMs?: number;
}

const backoff = { maxMs: 400, factor: 2 } as const;

/**
 * The apps of a simulation, as the seed draws them: `db` and what needs it, `crashy` that comes up in vain, a `job`
 * that ends, a `tick` on a schedule, a `talk` that writes a line when it is ready and `late` that waits for the line.
 */
export class Universe {
  readonly names: readonly [string, ...string[]];
  readonly warmMs: number;
  readonly #traits = new Map<string, Trait>();

  constructor(world: World) {
    const random = world.fork("universe");
    this.warmMs = whole(random, 0, 200);
    const isChecked = chance(random, 0.6);
    const check = { ...probe, intervalMs: 200, failureThreshold: whole(random, 1, 3) };
    const steady = (from: Random): string => pick(from, ["steady", "steady", "slow", "deaf"]);
    const add = (name: string, likely: number, trait: (own: Random) => Trait): void => {
      const own = world.fork(`trait of ${name}`);
      if (chance(own, likely)) this.#traits.set(name, trait(own));
    };
    add("db", 1, (own) => ({
      program: steady(own),
      isSteady: true,
      spec: { ...restarts("always", whole(own, 20, 100)), ...(isChecked ? { healthcheck: check } : {}) },
    }));
    add("web", 0.8, (own) => ({
      program: steady(own),
      isSteady: true,
      spec: {
        ...restarts("always", whole(own, 0, 100)),
        ...needs(["db"], isChecked ? "service_healthy" : "service_started"),
      },
    }));
    add("crashy", 0.5, (own) => ({
      program: "crashy",
      isSteady: false,
      spec: restarts("on-failure", whole(own, 10, 80), whole(own, 1, 3)),
    }));
    add("job", 0.3, () => ({ program: "brief", isSteady: false, spec: restarts("never", 10) }));
    add("tick", 0.4, (own) => ({
      program: pick(own, ["brief", "slow brief"]),
      isSteady: false,
      spec: {
        ...restarts("never", 10),
        schedule: {
          everyMs: whole(own, 300, 1_500),
          immediate: chance(own, 0.5),
          ...(chance(own, 0.4) && { overlap: "replace" as const }),
        },
      },
    }));
    add("talk", 0.4, (own) => ({
      program: steady(own),
      isSteady: true,
      lineMs: whole(own, 0, 60),
      spec: { ...restarts("always", 50), readyLogLine: "ready" },
    }));
    if (this.#traits.has("talk")) {
      add("late", 0.7, (own) => ({
        program: steady(own),
        isSteady: true,
        spec: { ...restarts("always", 50), ...needs(["talk"], "service_log_ready") },
      }));
    }
    const [first = "db", ...rest] = this.#traits.keys();
    this.names = [first, ...rest];
  }

  install(processes: SimulatedProcesses, world: World): void {
    const refuse = () => (world.faults.strikes("spawn fails", 0.01) ? "no memory" : undefined);
    processes.install("steady", { refuse });
    processes.install("slow", { refuse, stopMs: (random) => whole(random, 0, 250) });
    processes.install("deaf", { refuse, stopMs: Number.POSITIVE_INFINITY });
    processes.install("crashy", { refuse, code: 1, runMs: (random) => whole(random, 0, 60) });
    processes.install("brief", { refuse, runMs: (random) => whole(random, 0, 40) });
    processes.install("slow brief", {
      refuse,
      runMs: (random) => whole(random, 100, 900),
      stopMs: (random) => whole(random, 0, 250),
    });
    processes.install("stranger", { runMs: (random) => whole(random, 50, 2_000) });
  }

  /** The manifest of a wish. */
  spec({ apps }: Wish): ProjectSpec {
    return projectSpec(
      [...apps].map(([name, { version, replicas }]) => {
        const trait = this.#traits.get(name);
        return appSpec(name, {
          command: { kind: "exec", argv: ["/bin/sh", trait?.program ?? ""] },
          environment: { VERSION: String(version) },
          replicas,
          stop: { signal: "SIGTERM", graceMs: 300, leaderOnly: false },
          ...trait?.spec,
        });
      }),
      { webhooks: [simulatedHook] },
    );
  }

  isSteady(app: string): boolean {
    return this.#traits.get(app)?.isSteady ?? false;
  }

  isScheduled(app: string): boolean {
    return this.#traits.get(app)?.spec.schedule !== undefined;
  }

  isChecked(app: string): boolean {
    return this.#traits.get(app)?.spec.healthcheck !== undefined;
  }

  lineMs(app: string): number | undefined {
    return this.#traits.get(app)?.lineMs;
  }

  mostRestarts(app: string): number {
    const trait = this.#traits.get(app);
    return trait?.spec.restart?.maxRestarts ?? Number.POSITIVE_INFINITY;
  }

  needs(app: string): readonly { readonly on: string; readonly condition: DependencyCondition }[] {
    const on = this.#traits.get(app)?.spec.dependsOn ?? {};
    return Object.entries(on).map(([name, { condition }]) => ({ on: name, condition }));
  }

  neededBy(app: string): readonly string[] {
    return this.names.filter((name) => this.needs(name).some(({ on }) => on === app));
  }

  /** An app with all it needs. */
  withNeeds(app: string): readonly string[] {
    return [app, ...this.needs(app).flatMap(({ on }) => this.withNeeds(on))];
  }
}

function restarts(
  when: "never" | "on-failure" | "always",
  initialMs: number,
  maxRestarts?: number,
): Pick<AppSpec, "restart"> {
  return {
    restart: {
      when,
      backoff: { ...backoff, initialMs },
      ...(maxRestarts === undefined ? {} : { maxRestarts }),
    },
  };
}
