import { expect, test } from "vitest";
import { asyncFailpoint } from "../../src/failpoints.ts";
import { Wake } from "../../src/index.ts";
import {
  expectDeterminism,
  type Scenario,
  SimulationError,
  simulate,
  simulateMany,
  VirtualClock,
} from "../../src/testing/index.ts";

async function failure(promise: Promise<unknown>): Promise<SimulationError> {
  const error = await promise.catch((thrown: unknown) => thrown);
  if (error instanceof SimulationError) return error;
  throw new Error("it did not fail as a simulation", { cause: error });
}

test("virtual timers of one instant run in the order they were set, or with ties in a drawn one", async () => {
  const order = async (ties?: { next(): number }) => {
    const clock = new VirtualClock(0, ties);
    const ran: string[] = [];
    for (const name of ["a", "b", "c"]) clock.setTimeout(() => ran.push(name), 5);
    await clock.advance(5);
    return ran.join("");
  };
  expect(await order()).toBe("abc");
  const draws = [0.7, 0.9, 0.1];
  expect(await order({ next: () => draws.shift() ?? 0 })).toBe("cab");
});

test("a step moves time to the next timer, tells its number, and says when none is left", async () => {
  const clock = new VirtualClock(0);
  clock.setTimeout(() => {}, Number.POSITIVE_INFINITY);
  const cleared = clock.setTimeout(() => {}, 1);
  clock.setTimeout(() => {}, 7);
  clock.clearTimeout(cleared);
  expect([await clock.step(), clock.monotonic(), await clock.step()]).toEqual([3, 7, undefined]);
});

/** Two tasks add one each, and forget that the other may come in between. */
const lostUpdate: Scenario = async (world) => {
  let count = 0;
  const add = async () => {
    const read = count;
    await world.pause();
    count = read + 1;
  };
  const once = async () => {
    await world.pause();
    await add();
  };
  await Promise.all([once(), once()]);
  world.assert("both are counted", count === 2, () => `counted ${count}`);
};

test("a race of two tasks is found by the order a seed draws, and its seed replays it", async () => {
  const { details, message } = await failure(simulateMany({ count: 100, scenario: lostUpdate }));
  expect(details.invariant).toBe("both are counted");
  expect(message).toContain(`replay: await simulate(${details.seed}, scenario, { faults: [] })`);
  expect((await failure(simulate(details.seed, lostUpdate))).message).toBe(message);
  // And another order does not fail.
  await simulateMany({ from: 1, count: 1, scenario: () => {} });
  const ends = await Promise.allSettled(Array.from({ length: 20 }, (_, seed) => simulate(seed, lostUpdate)));
  expect(new Set(ends.map(({ status }) => status))).toEqual(new Set(["fulfilled", "rejected"]));
});

test("an invariant is asked after every event, and the first that breaks is told with the trace before it", async () => {
  const scenario: Scenario = async (world) => {
    let level = 0;
    world.invariant("I0 the level is below 3", () => (level < 3 ? undefined : `it is ${level}`));
    for (; ; level++) {
      world.note(`level ${level}`);
      await world.clock.sleep(10);
    }
  };
  const { message, code } = await failure(simulate(7, scenario));
  expect(code).toBe("INVARIANT_BROKEN");
  expect(message.split("\n")).toEqual([
    "seed 7: I0 the level is below 3: it is 3 (at 30 ms, after 3 events)",
    "  0 level 0",
    "  10 level 1",
    "  20 level 2",
    "  30 level 3",
    "replay: await simulate(7, scenario, { faults: [] })",
  ]);
});

test("a scenario that waits for what never comes is told apart from one that takes too long", async () => {
  const hung = await failure(
    simulate(1, async (world) => {
      world.note("waiting for a wake");
      await new Wake(world.clock).wait(Number.POSITIVE_INFINITY);
    }),
  );
  expect(hung.code).toBe("SCENARIO_HUNG");
  expect(hung.message).toContain("waits for what never comes: nothing is left that could happen (at 0 ms");
  expect(hung.message).toContain("waiting for a wake");
  const polls: Scenario = async ({ clock }) => {
    for (;;) await clock.sleep(1_000);
  };
  const late = await failure(simulate(1, polls, { limitMs: 10_000 }));
  expect([late.code, late.what]).toEqual(["OUT_OF_TIME", "the scenario did not end within 10000 ms"]);
  const spins: Scenario = async (world) => {
    for (;;) await world.pause();
  };
  const spun = await failure(simulate(1, spins, { maxEvents: 500 }));
  expect([spun.code, spun.what]).toEqual(["OUT_OF_TIME", "the scenario did not end within 500 events"]);
});

test("what the scenario throws, and what a timer throws, is the failure of that seed", async () => {
  const error = new Error("no");
  const thrown = await failure(simulate(1, () => Promise.reject(error)));
  expect([thrown.code, thrown.what, thrown.cause]).toEqual(["SCENARIO_FAILED", "no", error]);
  const inTimer = await failure(
    simulate(1, ({ clock }) => {
      clock.setTimeout(() => {
        throw error;
      }, 5);
      return new Promise(() => {});
    }),
  );
  expect([inTimer.code, inTimer.details.atMs]).toEqual(["SCENARIO_FAILED", 5]);
});

/** Fails when both of two of its seven kinds of fault have happened. */
const conspiracy: Scenario = async (world) => {
  const seen = new Set<string>();
  for (const name of ["a", "b", "c", "d", "e", "f", "g"]) {
    world.faults.plan(name, { atMost: 3, withinMs: 1_000, inject: () => seen.add(name) });
  }
  world.invariant("never b and f", () => (seen.has("b") && seen.has("f") ? "both happened" : undefined));
  await world.clock.sleep(2_000);
};

test("a failing seed is shrunk to the faults it takes, and replays with those alone", async () => {
  const { details, message } = await failure(simulateMany({ count: 100, scenario: conspiracy }));
  expect(details.faults.map((id) => id.replace(/#\d$/, "")).sort()).toEqual(["b", "f"]);
  const whole = await failure(simulate(details.seed, conspiracy));
  expect(whole.details.faults.length).toBeGreaterThan(2);
  const again = await failure(simulate(details.seed, conspiracy, { faults: details.faults }));
  expect(again.message).toBe(message);
  for (const id of details.faults) {
    await simulate(details.seed, conspiracy, { faults: details.faults.filter((other) => other !== id) });
  }
});

test("faults of every kind keep their draws when others are left out, and end when told", async () => {
  const scenario: Scenario = async (world) => {
    const { faults } = world;
    faults.plan("late", { atMost: 9, withinMs: 100_000, inject: () => world.note("late") });
    faults.plan("plan", {
      atMost: 2,
      withinMs: 100,
      inject: (random) => world.note(`plan drew ${random.next()}`),
    });
    for (let i = 0; i < 10; i++) {
      faults.near("near", {
        chance: 0.3,
        withinMs: 10,
        inject: (random) => world.note(`near drew ${random.next()}`),
      });
      if (faults.strikes("strike", 0.3)) world.note(`struck at ${i}`);
      await world.clock.sleep(10);
    }
    faults.end();
    for (let i = 0; i < 10; i++)
      world.assert("none after the end", !faults.strikes("strike", 1), "it struck");
    faults.plan("plan", { atMost: 9, withinMs: 100, inject: () => world.note("after the end") });
    world.assert("nothing is left", world.clock.pending === 0, () => `${world.clock.pending} timers`);
    await world.clock.sleep(1_000);
  };
  const whole = await simulate(3, scenario);
  expect(whole.faults.length).toBeGreaterThan(3);
  for (const { id, atMs } of whole.faults) {
    const alone = await simulate(3, scenario, { faults: [id] });
    expect(alone.faults).toEqual([{ id, atMs }]);
    expect(whole.lines).toEqual(expect.arrayContaining([...alone.lines]));
  }
});

test("the same seed gives the same hash, another seed or fault another", async () => {
  const scenario: Scenario = async (world) => {
    if (world.faults.strikes("a", 1)) world.note(`drew ${world.random.next()}`);
    await world.pause();
  };
  const hashes = new Set<string>();
  for (const seed of [1, 2, 3, 2 ** 32 + 1, 2 ** 40]) {
    const { hash } = await expectDeterminism(seed, scenario);
    expect(hash).toMatch(/^[0-9a-f]{16}$/);
    hashes.add(hash);
  }
  hashes.add((await simulate(1, scenario, { faults: [] })).hash);
  expect(hashes.size).toBe(6);
});

test.each([
  ["a line", (world, leak) => world.note(`leaked ${leak}`)],
  ["a draw", (world, leak) => leak % 2 === 0 && world.random.next()],
  ["a timer", (world, leak) => world.clock.sleep(leak)],
  ["a part of a millisecond", (world, leak) => world.clock.sleep(1 / (leak + 2))],
  [
    "which of two timers is cleared",
    ({ clock }, leak) => {
      const timers = [clock.setTimeout(() => {}, 1), clock.setTimeout(() => {}, 1)];
      clock.clearTimeout(timers[leak % 2]);
    },
  ],
] satisfies [string, (world: Parameters<Scenario>[0], leak: number) => unknown][])(
  "I13 what is not drawn from the seed is found by %s that differs",
  async (_what, act) => {
    let leak = 0;
    const scenario: Scenario = async (world) => {
      const acted: unknown = act(world, leak++);
      await acted;
      await world.clock.sleep(5);
    };
    const { code, message } = await failure(simulateMany({ count: 200, replayEvery: 1, scenario }));
    expect(code).toBe("NOT_DETERMINISTIC");
    if (_what === "a line") expect(message).toMatch(/line 1 is once "0 leaked \d+" and once "0 leaked \d+"/);
  },
);

test("a failure that does not fail again is told as such, not shrunk", async () => {
  let calls = 0;
  const scenario: Scenario = async (world) => {
    await world.pause();
    if (calls++ === 0) throw new Error("only once");
  };
  const { code, what } = await failure(simulateMany({ count: 1, scenario }));
  expect([code, what]).toEqual(["NOT_DETERMINISTIC", "fails, but not a second time: only once"]);
});

test("a mark that is hit in too few schedules fails the whole", async () => {
  const scenario: Scenario = (world) => {
    if (world.seed % 10 === 0) world.mark("tenth");
    world.mark("each");
    world.mark("each");
  };
  const { marks } = await simulateMany({ count: 100, scenario, marks: { each: 100, tenth: 10 } });
  expect(marks).toEqual({ each: 100, tenth: 10 });
  const missed = await failure(simulateMany({ count: 100, scenario, marks: { tenth: 11, never: 1 } }));
  expect(missed.message).toBe('100 schedules hit too seldom: "tenth" in 10 of 11, "never" in 0 of 1');
});

test("failpoints of a world act by its clock, and are off when its simulation has ended", async () => {
  const passed: number[] = [];
  const scenario: Scenario = async (world) => {
    world.failpoints("op.step:1*delay(50)->1*error(disk full)");
    await asyncFailpoint("op.step");
    passed.push(world.clock.monotonic());
    await asyncFailpoint("op.step");
  };
  const { what } = await failure(simulate(1, scenario));
  expect([what, passed]).toEqual(["disk full", [50]]);
  expect(asyncFailpoint("op.step")).toBeUndefined();
});
