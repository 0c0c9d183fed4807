// A simulation: the power fails at any moment, and either a promise is kept or a seed replays how it was broken.
import { type Machine, type Scenario, type SimulationError, simulateMany } from "@holdfast/runtime/testing";

type Save = (machine: Machine, count: number) => Promise<void>;

const careless: Save = async ({ files }, count) => {
  await files.write("/count", new TextEncoder().encode(`${count}`)); // over the only copy there is
  await files.sync("/count");
};

const careful: Save = async ({ files }, count) => {
  await files.write("/new", new TextEncoder().encode(`${count}`));
  await files.sync("/new");
  await files.rename("/new", "/count");
  await files.sync("/");
};

const scenario = (save: Save): Scenario => {
  return async (world) => {
    const box = world.host("box");
    let acknowledged = 0;
    const counter = box.run(async (machine) => {
      for (let count = 1; count <= 5; count++) {
        await save(machine, count);
        acknowledged = count;
        world.note(`${count} is acknowledged`);
      }
    });
    world.faults.plan("power loss", { withinMs: 20, inject: () => box.powerOff() });
    if ((await counter.ended).kind === "killed") world.mark("the power failed under way");

    await box.run(async ({ files }) => {
      const bytes = await files.read("/count").catch(() => new Uint8Array());
      const found = Number(new TextDecoder().decode(bytes));
      world.assert("what is acknowledged is there", found >= acknowledged, `${found} of ${acknowledged}`);
    }).ended;
  };
};

await simulateMany({ count: 1_000, scenario: scenario(careless) }).catch((error: SimulationError) => {
  const lines = error.message.split("\n"); // what broke, the last events before it, and how to see it again
  console.log(`${lines.at(0)}\n${lines.at(-1)}`);
});
const { schedules, marks } = await simulateMany({ count: 1_000, scenario: scenario(careful) });
console.log(`careful: ${schedules} schedules`, marks);

/* prints
seed …: what is acknowledged is there: … of … (at … ms, after … events)
replay: await simulate(…, scenario, { faults: ["power loss#1"] })
careful: 1000 schedules { 'the power failed under way': … }
*/
