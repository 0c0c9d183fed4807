import type { ProbeReport } from "../api/contract.ts";
import type { AppSpec, Probe } from "../spec/app-spec.ts";
import { commandText } from "../spec/command-text.ts";
import { type InstanceKey, keyText } from "../store/instance-record.ts";
import type { LookResult } from "./probe-loop.ts";

type ProbeKind = ProbeReport["probe"];

/** As many of the last looks of each probe are kept. */
const keptLooks = 20;

/** What probes saw lately, in memory. */
export class ProbeBook {
  /** The newest last. */
  readonly #looks = new Map<string, LookResult[]>();

  keep(key: InstanceKey, probe: ProbeKind, result: LookResult): void {
    const name = `${keyText(key)} ${probe}`;
    const looks = this.#looks.get(name) ?? [];
    looks.push(result);
    if (looks.length > keptLooks) looks.shift();
    this.#looks.set(name, looks);
  }

  forget(key: InstanceKey): void {
    for (const probe of ["health", "readiness", "liveness"]) this.#looks.delete(`${keyText(key)} ${probe}`);
  }

  /** One for each probe of an instance. */
  reports(key: InstanceKey, spec: AppSpec): readonly ProbeReport[] {
    const report = (probe: ProbeKind, of: Probe | undefined): readonly ProbeReport[] => {
      if (of === undefined) return [];
      const looks = this.#looks.get(`${keyText(key)} ${probe}`) ?? [];
      return [
        {
          instance: key.instance,
          probe,
          what: whatText(of),
          intervalMs: of.intervalMs,
          results: looks
            .toReversed()
            .map(({ at, ...result }) => ({ time: new Date(at).toISOString(), ...result })),
        },
      ];
    };
    return [
      ...report("health", spec.healthcheck),
      ...report("readiness", spec.readiness),
      ...report("liveness", spec.liveness),
    ];
  }
}

/** Headers are left out: they may hold secrets. */
function whatText({ action }: Probe): string {
  switch (action.kind) {
    case "exec":
      return commandText(action.command);
    case "http":
      return `${action.method === "GET" ? "" : `${action.method} `}${withoutLogin(action.url)}`;
    case "tcp":
      return `${action.host}:${action.port}`;
  }
}

function withoutLogin(url: string): string {
  return url.replace(/^([a-z]+:\/\/)[^/@]*@/i, "$1");
}
