import type { Random } from "@holdfast/runtime";
import type { World } from "@holdfast/runtime/testing";
import type { DaemonSeams } from "../../../src/daemon-seams.ts";
import type { Runner } from "../../../src/runner/runner.ts";
import type { DaemonLife } from "./daemon-life.ts";
import { whole } from "./draw.ts";
import type { ProcessWatch } from "./process-watch.ts";
import type { Universe } from "./universe.ts";

export interface SimulatedMachine {
  readonly world: World;
  readonly watch: ProcessWatch;
  readonly universe: Universe;
  readonly life: DaemonLife;
  readonly random: Random;
  readonly runner: Runner;
}

const bad = { ok: false, text: "not well" };

/** What instances need of a machine: probes that find what is so, or flap, and lines that were written. */
export function simulatedMachine(machine: SimulatedMachine): DaemonSeams["machine"] {
  const { world, watch, universe, life, random, runner } = machine;
  return {
    runner,
    prepareOutput: (_spec, key) => ({ path: "/dev/null", offset: watch.linesOf(key) }),
    keepOutput: () => undefined,
    openOutput: () => undefined,
    closeOutput: () => undefined,
    deleteOutput: async ({ name }) => {
      await life.later(whole(random, 0, 4), () => undefined);
      // It was stopped before: what it wrote is not missed by anybody.
      world.assert("I2", watch.of(name).length === 0, () => `${name} lives while its output is deleted`);
    },
    watchLine: (key, { offset, token, onSeen }) => {
      const seen = Promise.withResolvers<void>();
      let isFound = false;
      const look = (): boolean => {
        if (!isFound && !life.isOver && watch.linesOf(key) > offset) {
          isFound = true;
          forget();
          seen.resolve();
          onSeen?.();
        }
        return isFound;
      };
      const forget = watch.watchLines(() => void look());
      token.onCancel(forget);
      look();
      return { seen: seen.promise, look };
    },
    look: (spec) => () =>
      life.later(whole(random, 0, 4), () => {
        const [seen] = watch.of(spec.name);
        if (seen === undefined || seen.isFrozen) return bad;
        if (world.clock.monotonic() - seen.since < universe.warmMs) return bad;
        if (world.faults.strikes("a probe flaps", 0.03)) return bad;
        seen.isWell = true;
        return { ok: true, text: "well" };
      }),
    environment: (spec, key) => ({
      ...spec.environment,
      HOLDFAST_APP: key.name,
      INSTANCE: `${key.instance}`,
      PATH: "/bin",
    }),
    stopRequest: ({ stop }) => ({ signal: stop.signal, graceMs: stop.graceMs, leaderOnly: stop.leaderOnly }),
  };
}
