import { expect, test } from "vitest";
import { type Machine, type Scenario, SimulationError, simulateMany } from "../../src/testing/index.ts";

const [encode, decode] = [new TextEncoder(), new TextDecoder()];

/** A program of somebody's own: counts, and saves each count before it acknowledges it. */
async function counter(
  { files, clock }: Machine,
  syncsDirectory: boolean,
  acked: (count: number) => void,
): Promise<void> {
  const saved = await files.read("/count").catch(() => new Uint8Array());
  for (let count = Number(decode.decode(saved)) + 1; ; count++) {
    await files.write("/count.new", encode.encode(`${count}`));
    await files.sync("/count.new");
    await files.rename("/count.new", "/count");
    if (syncsDirectory) await files.sync("/");
    acked(count);
    await clock.sleep(10);
  }
}

const neverForgets =
  (syncsDirectory: boolean): Scenario =>
  async (world) => {
    const host = world.host("box");
    let last = 0;
    const acked = (count: number) => {
      world.assert("no count comes twice", count > last, `${count} came after ${last}`);
      last = count;
    };
    const start = () => host.run((machine) => counter(machine, syncsDirectory, acked));
    start();
    const inject = () => {
      host.powerOff();
      world.mark("power was cut");
      start();
    };
    world.faults.plan("power cut", { atMost: 3, withinMs: 500, inject });
    await world.clock.sleep(600);
  };

test("a program that saves before it acknowledges forgets nothing through 200 seeds of power cuts", async () => {
  const { marks } = await simulateMany({
    count: 200,
    scenario: neverForgets(true),
    marks: { "power was cut": 100 },
  });
  expect(Object.keys(marks)).toEqual(["power was cut"]);
});

test("one that leaves out the last sync is found, by a single power cut and a line that replays it", async () => {
  const error: unknown = await simulateMany({ count: 200, scenario: neverForgets(false) }).catch(
    (thrown) => thrown,
  );
  expect(error).toBeInstanceOf(SimulationError);
  const { details, message } = error as SimulationError;
  expect([details.invariant, details.faults.length]).toEqual(["no count comes twice", 1]);
  expect(message).toMatch(
    /^seed \d+: no count comes twice: \d+ came after \d+ .*\n[\s\S]*replay: await simulate\(/,
  );
});
