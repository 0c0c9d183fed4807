import type { Random } from "@holdfast/runtime";
import type { AppSpec, ProjectSpec } from "../../src/spec/app-spec.ts";
import { pick } from "./hostile-values.ts";

/**
 * A generated spec, made such that it is mostly accepted: its apps are its own, each has a name of its own, most are
 * processes, and they need only those before them.
 */
export function coherent({ spec, ...params }: { readonly spec: ProjectSpec }, random: Random): unknown {
  const usually = (): boolean => random.next() < 0.97;
  const byName = new Map<string, AppSpec>();
  for (const { schedule, ...app } of spec.apps) {
    const before = [...byName.keys()];
    const dependsOn = Object.fromEntries(
      Object.values(app.dependsOn).flatMap((dependency) =>
        before.length === 0 ? [] : [[pick(before, random), dependency]],
      ),
    );
    byName.set(app.name, {
      ...app,
      project: spec.name,
      ...(usually() ? { dependsOn } : {}),
      ...(usually() ? { runner: { kind: "process" } } : {}),
      ...(usually() ? { stop: { ...app.stop, signal: "SIGTERM" } } : {}),
      ...(schedule === undefined || usually() ? {} : { schedule }),
    });
  }
  return {
    ...params,
    names: usually() ? undefined : [pick(["web", "none", ""], random)],
    spec: { ...spec, apps: [...byName.values()] },
  };
}
