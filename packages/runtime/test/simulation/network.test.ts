import { expect, test } from "vitest";
import { HoldfastError, ShutdownToken, stream } from "../../src/index.ts";
import {
  type Connection,
  type Machine,
  type Scenario,
  simulate,
  simulateMany,
} from "../../src/testing/index.ts";

type World = Parameters<Scenario>[0];

const bytes = (content: string) => new TextEncoder().encode(content);
const text = (content: Uint8Array) => new TextDecoder().decode(content);

/** A server that sends a number every 100 ms, and echoes what it gets. */
function server({ network, clock }: Machine): Promise<never> {
  network.listen(80, (connection) => {
    const tick = () => {
      if (!connection.isOpen) return;
      connection.send(bytes(`${clock.monotonic()}`));
      clock.setTimeout(tick, 100);
    };
    clock.setTimeout(tick, 100);
    void echo(connection);
  });
  return new Promise(() => {});
}

async function echo(connection: Connection): Promise<void> {
  try {
    for await (const sent of connection) connection.send(sent);
    connection.close();
  } catch {
    // Reset: there is nobody left to answer.
  }
}

/** What a client on host `a` read until its connection ended, and how that was. */
function reader(world: World) {
  const seen: string[] = [];
  const life = world.host("a").run(async ({ network }) => {
    try {
      for await (const part of await network.connect("b", 80)) seen.push(text(part));
      seen.push("end");
    } catch (error) {
      seen.push(error instanceof HoldfastError ? error.code : String(error));
    }
  });
  return { seen, life };
}

test("what is sent arrives in order after a latency, and a close ends the other end behind it", async () => {
  await simulateMany({
    count: 100,
    scenario: async (world) => {
      world.host("b").run(({ network }) => {
        network.listen(80, (connection) => {
          for (const one of ["1", "2", "3"]) connection.send(bytes(one));
          connection.close();
          expect(() => connection.send(bytes("4"))).toThrow("this end is closed");
        });
        return new Promise(() => {});
      });
      const { seen, life } = reader(world);
      await life.ended;
      expect(seen).toEqual(["1", "2", "3", "end"]);
      expect(world.clock.monotonic()).toBeGreaterThan(3);
      await world.clock.sleep(50);
      expect([world.network.openOn("a"), world.network.openOn("b")]).toEqual([0, 0]);
    },
  });
});

test("who connects is refused where nobody listens, and times out through a partition", async () => {
  await simulate(1, async (world) => {
    const refused = reader(world);
    await refused.life.ended;
    expect(refused.seen).toEqual(["CONNECTION_REFUSED"]);
    world.host("b").run(server);
    world.network.partition("a", "b");
    const from = world.clock.monotonic();
    const late = reader(world);
    await late.life.ended;
    expect([late.seen, world.clock.monotonic() - from]).toEqual([["CONNECTION_TIMED_OUT"], 10_000]);
  });
});

test("a partition is silence; what was sent in it arrives once it is repaired", async () => {
  await simulate(1, async (world) => {
    world.host("b").run(server);
    const { seen } = reader(world);
    await world.clock.sleep(450);
    const before = seen.length;
    world.network.partitionOneWay("b", "a");
    await world.clock.sleep(500);
    expect(seen.length - before).toBeLessThanOrEqual(1);
    world.network.repair("a", "b");
    await world.clock.sleep(1);
    expect(seen.length - before).toBeGreaterThanOrEqual(4);
    expect(seen).toEqual(seen.toSorted((a, b) => Number(a) - Number(b)));
  });
});

test("a hold keeps also who connects, until its release", async () => {
  await simulate(1, async (world) => {
    world.host("b").run(server);
    world.network.hold("a", "b");
    const { seen } = reader(world);
    await world.clock.sleep(60_000);
    expect(seen).toEqual([]);
    world.network.release("a", "b");
    await world.clock.sleep(200);
    expect(seen.length).toBeGreaterThan(0);
  });
});

test("a reset is seen by both ends", async () => {
  await simulate(1, async (world) => {
    world.host("b").run(server);
    const { seen, life } = reader(world);
    await world.clock.sleep(300);
    expect([world.network.openOn("a"), world.network.openOn("b")]).toEqual([1, 1]);
    expect(world.network.reset("a", "b")).toBe(1);
    await life.ended;
    const open = [world.network.openOn("a"), world.network.openOn("b")];
    expect([seen.at(-1), open]).toEqual(["CONNECTION_RESET", [0, 0]]);
  });
});

test("a killed program's system resets its connections; a host without power leaves them half open until it is back", async () => {
  await simulate(1, async (world) => {
    const first = world.host("b").run(server);
    const one = reader(world);
    await world.clock.sleep(300);
    first.kill();
    await one.life.ended;
    expect(one.seen.at(-1)).toBe("CONNECTION_RESET");

    world.host("b").run(server);
    const seen: string[] = [];
    world.host("a").run(async ({ network, clock }) => {
      const connection = await network.connect("b", 80);
      const ping = () => {
        if (!connection.isOpen) return;
        connection.send(bytes("ping"));
        clock.setTimeout(ping, 1_000);
      };
      ping();
      for await (const part of connection) seen.push(text(part));
    });
    await world.clock.sleep(500);
    world.host("b").powerOff();
    const before = seen.length;
    await world.clock.sleep(60_000);
    expect([seen.length - before <= 1, world.network.openOn("a")]).toEqual([true, 1]);
    world.host("b").run(server);
    await world.clock.sleep(2_000);
    expect(world.network.openOn("a")).toBe(0);
  });
});

test("a stream finds a half-open connection by its idle timeout, and is there again after resets and restarts", async () => {
  await simulateMany({
    count: 200,
    marks: { reconnected: 50, idle: 20 },
    scenario: async (world) => {
      let life = world.host("b").run(server);
      const { network, faults } = world;
      faults.plan("reset", { atMost: 2, withinMs: 5_000, inject: () => void network.reset("a", "b") });
      faults.plan("kill", { withinMs: 5_000, inject: () => life.kill() });
      faults.plan("partition", {
        withinMs: 5_000,
        inject: (random) => {
          network.partition("a", "b");
          world.clock.setTimeout(() => network.repair("a", "b"), random.next() * 5_000);
        },
      });
      const token = new ShutdownToken();
      let lastAt = 0;
      let opened = 0;
      const client = world.host("a").run(({ clock, random, network: own }) =>
        stream(
          {
            clock,
            random,
            idleTimeoutMs: 1_000,
            connect: () => own.connect("b", 80),
            onEvent: () => {
              lastAt = clock.monotonic();
            },
            onState: (state) => {
              if (state.kind === "open" && ++opened > 1) world.mark("reconnected");
              if (state.kind === "waiting" && String(state.error).includes("nothing came"))
                world.mark("idle");
            },
          },
          token,
        ),
      );
      await world.clock.sleep(10_000);
      faults.end();
      if (life.isOver) life = world.host("b").run(server);
      await world.clock.sleep(62_000);
      world.assert("I6 it is there again", world.clock.monotonic() - lastAt < 1_200, "nothing comes");
      token.cancel({ kind: "user-requested" });
      expect(await client.ended).toEqual({ kind: "completed", value: undefined });
    },
  });
});

test("leaving the iteration closes this end, also while it waits, and the other end is told", async () => {
  await simulate(1, async (world) => {
    const ended: string[] = [];
    const serve = async (connection: Connection) => {
      for await (const part of connection) ended.push(text(part));
      ended.push("end");
    };
    world.host("b").run(({ network }) => {
      network.listen(80, (connection) => void serve(connection));
      return new Promise(() => {});
    });
    const client = world.host("a").run(async ({ network, clock }) => {
      const connection = await network.connect("b", 80);
      connection.send(bytes("hello"));
      const iterator = connection[Symbol.asyncIterator]();
      const waiting = iterator.next();
      await clock.sleep(100);
      await iterator.return?.();
      expect(await waiting).toEqual({ done: true, value: undefined });
      await clock.sleep(100);
    });
    expect(await client.ended).toEqual({ kind: "completed", value: undefined });
    expect([ended, world.network.openOn("a")]).toEqual([["hello", "end"], 0]);
  });
});
