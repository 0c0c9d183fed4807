import type { Scenario } from "../../../src/testing/index.ts";
import { installApps } from "./apps.ts";
import { chance, whole } from "./draw.ts";
import { Peer } from "./feed.ts";
import { faultsMs, type Parts, Program } from "./program.ts";

/**
 * One machine, one program: a tree of supervisors with leaves of all characters, apps that are started and
 * stopped by operations, a feed from another machine, and tracked jobs. It is killed, and runs anew; what was
 * acknowledged holds. In the end it is stopped, at rest or in the thick of it, and leaves nothing.
 */
export const wholeTree: Scenario = async (world) => {
  const box = world.host("box");
  const promises = installApps(world, box);
  const hasApps = chance(world.random, 0.7);
  const parts: Parts = { promises, hasApps, peer: chance(world.random, 0.4) ? new Peer(world) : undefined };
  const stopsEarly = chance(world.random, 0.4);
  for (;;) {
    let program: Program | undefined;
    const life = box.run((machine) => {
      program = new Program(world, machine, parts);
      return program.live(stopsEarly ? whole(machine.random, 0, faultsMs) : Number.POSITIVE_INFINITY);
    });
    const withinMs = chance(world.random, 0.3) ? faultsMs : 60_000;
    world.faults.plan("kill", { withinMs, inject: () => life.kill() });
    const end = await life.ended;
    program?.forget();
    if (end.kind === "failed") throw end.error;
    if (end.kind === "completed") {
      world.assert("I12", life.pending === 0, `${life.pending} timers are left after the stop`);
      return;
    }
    world.mark("the program was killed, and runs anew");
  }
};
