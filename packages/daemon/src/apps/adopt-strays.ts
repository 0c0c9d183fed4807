import type { StrayRun } from "../runner/runner.ts";
import type { AppSpec } from "../spec/app-spec.ts";
import { freshRecord, type InstanceKey, type InstanceRecord, keyText } from "../store/instance-record.ts";
import type { KeptState } from "../store/state-database.ts";

/** What became of a stray, for people. */
export interface AdoptionNote {
  readonly project: string;
  readonly name: string;
  readonly message: string;
}

export interface Adoption {
  /** The records that take a stray in. */
  readonly instances: readonly InstanceRecord[];
  readonly told: readonly AdoptionNote[];
}

/**
 * Gives every run that nothing was written of to the instance that its own environment names, so that nothing is
 * started beside it. What is true wins over what was written: it runs, so it was wanted. A run that has no place is
 * told, and left alone.
 */
export function adoptStrays(
  kept: Pick<KeptState, "projects" | "instances">,
  strays: readonly StrayRun[],
  { now, isLive }: { readonly now: number; readonly isLive: (cookie: string) => boolean },
): Adoption {
  if (strays.length === 0) return { instances: [], told: [] };
  const records = new Map(kept.instances.map((record) => [keyText(record), record]));
  const taken = new Set(
    kept.instances.flatMap((record) =>
      record.cookie !== null && isLive(record.cookie) ? [keyText(record)] : [],
    ),
  );
  const instances: InstanceRecord[] = [];
  const told: AdoptionNote[] = [];
  for (const stray of strays.toSorted((a, b) => a.pid - b.pid)) {
    const { project, name, pid, cookie } = stray;
    const spec = kept.projects.find((each) => each.name === project)?.apps.find((each) => each.name === name);
    const key = spec && placesOf(spec, stray).find((each) => !taken.has(keyText(each)));
    if (key === undefined) {
      const why = spec === undefined ? "no manifest has it" : "all its instances run already";
      told.push({ project, name, message: `${name} (pid ${pid}) runs and is left alone: ${why}` });
      continue;
    }
    taken.add(keyText(key));
    const record = records.get(keyText(key)) ?? freshRecord(key, now);
    const state =
      record.state.kind === "stopping" ? record.state : ({ kind: "starting", waitingFor: [] } as const);
    instances.push({ ...record, cookie, pid, wanted: true, operation: null, state });
    told.push({
      project,
      name,
      message: `${name} (pid ${pid}) ran on and was taken up by what it says of itself`,
    });
  }
  return { instances, told };
}

function placesOf(spec: AppSpec, { instance }: StrayRun): readonly InstanceKey[] {
  const { project, name, replicas } = spec;
  const all = Array.from({ length: replicas }, (_, index) => ({ project, name, instance: index + 1 }));
  return instance === undefined ? all : all.filter((key) => key.instance === instance);
}
