import type { Random } from "@holdfast/runtime";
import type { Scenario } from "@holdfast/runtime/testing";
import { Client } from "./client.ts";
import { Box } from "./daemon-program.ts";
import { chance, pick, whole } from "./draw.ts";
import { failpointNames } from "./failpoint-names.ts";
import { Follower } from "./follower.ts";
import { restComplaint } from "./rest.ts";
import { Universe } from "./universe.ts";

/** How long faults happen, and how long the daemon then has until all is as it should be. */
const [faultsMs, settleMs] = [3_000, 20_000];
const looksMs = 500;

/**
 * A machine whose daemon is asked for all it can do, by somebody who loses answers and asks again, while it is killed
 * and begun anew, and its apps, its disk and its probes fail. What was acknowledged holds, at any time and in the end.
 */
export const wholeDaemon: Scenario = async (world) => {
  const universe = new Universe(world);
  const box = new Box(world, universe);
  const client = new Client(box);
  const follower = new Follower(box);
  const running = box.run();
  const { faults } = world;
  const withinMs = faultsMs;

  const kill = (): void => box.life?.kill();
  const act = (random: Random): void => {
    // Where something is under way, faults find more than at any other time.
    faults.near("kill", { chance: 0.25, withinMs: 25, inject: kill });
    faults.near("kill at a failpoint", { chance: 0.25, withinMs: 10, inject: killAtFailpoint });
    faults.near("ask again", { chance: 0.5, withinMs: 60, inject: (own) => void client.act(own) });
    void client.act(random);
  };
  const killAtFailpoint = (random: Random): void => {
    const point = pick(random, failpointNames);
    const passes = whole(random, 0, 2);
    world.failpoints(`${point}:${passes === 0 ? "" : `${passes}*off->`}1*kill->off`, () => {
      world.mark(`killed at ${point}`);
      kill();
    });
  };
  faults.plan("ask", { atMost: 6, withinMs, inject: act });
  faults.plan("kill", { atMost: 1, withinMs, inject: kill });
  faults.plan("shutdown", {
    atMost: 1,
    withinMs,
    inject: (random) => void client.shutDown(chance(random, 0.6)),
  });
  faults.plan("app crashes", {
    atMost: 2,
    withinMs,
    inject: (random) => {
      const { living } = box.watch;
      const hit = living[whole(random, 0, living.length - 1)];
      if (hit !== undefined) box.host.processes.crash(hit.pid);
    },
  });
  faults.plan("app hangs", {
    withinMs,
    inject: (random) => {
      const { living } = box.watch;
      const hit = living[whole(random, 0, living.length - 1)];
      if (hit === undefined) return;
      world.clock.setTimeout(box.watch.freeze(hit), whole(random, 50, 1_500));
    },
  });
  faults.plan("stranger", {
    atMost: 8,
    withinMs,
    inject: () => void box.host.processes.spawn({ argv: ["stranger"] }),
  });
  faults.plan("pid recycled", { withinMs, inject: (random) => box.recyclePid(random) });
  if (chance(world.random, 0.2)) {
    faults.plan("disk full", {
      withinMs,
      inject: (random) => {
        box.database.isFull = true;
        world.clock.setTimeout(
          () => {
            box.database.isFull = false;
          },
          whole(random, 5, 600),
        );
      },
    });
  }
  if (chance(world.random, 0.1)) faults.plan("power loss", { withinMs, inject: () => box.powerOff() });

  void client.begin(world.fork("first request"));
  await Promise.race([world.clock.sleep(faultsMs + 1_600), running]);
  faults.end();
  world.failpoints("");
  box.database.isFull = false;
  await comesToRest(box, client, running);
  follower.expectAll();
  world.mark("it came to rest");

  box.isClosing = true;
  while (box.serving !== undefined) {
    await client.shutDown(chance(world.random, 0.3));
    await world.clock.sleep(10);
  }
  await running;
  follower.expectAll();
};

/** Looks again and again until nothing is wrong, and a while later once more. */
async function comesToRest(box: Box, client: Client, running: Promise<void>): Promise<void> {
  const { world } = box;
  const from = world.clock.monotonic();
  let complaint: ReturnType<typeof restComplaint>;
  for (let good = 0; good < 2; ) {
    await Promise.race([world.clock.sleep(looksMs), running]);
    complaint = restComplaint(box, client);
    if (complaint === undefined) good++;
    else if (world.clock.monotonic() - from > settleMs) {
      world.assert(complaint.invariant, false, complaint.what);
      return;
    }
  }
}
