import { VirtualClock } from "@holdfast/runtime/testing";
import { expect, test } from "vitest";
import { Journal } from "../../src/store/journal.ts";
import type { StateChange } from "../../src/store/state-database.ts";

interface Write {
  readonly names: readonly string[];
  readonly throughPower: boolean;
  readonly at: number;
}

function openJournal(): { clock: VirtualClock; journal: Journal; writes: Write[]; keep(name: string): void } {
  const clock = new VirtualClock();
  const writes: Write[] = [];
  const write = (changes: readonly StateChange[], throughPower: boolean): void => {
    const names = changes.map((change) => (change.kind === "drop-project" ? change.name : change.kind));
    writes.push({ names, throughPower, at: clock.monotonic() });
  };
  const journal = new Journal(clock, { write });
  return { clock, journal, writes, keep: (name) => journal.keep(name, { kind: "drop-project", name }) };
}

test("what has to outlive the process alone does not wait for the disk, and is safe 50 ms later", async () => {
  const { clock, journal, writes, keep } = openJournal();
  keep("a");
  let told = 0;
  journal.onceSaved(() => told++);
  await Promise.all([journal.outlivesProcess(), clock.advance(0)]);
  expect(writes).toEqual([{ names: ["a"], throughPower: false, at: 0 }]);
  expect(told).toBe(0);
  await clock.advance(50);
  expect(writes.slice(1)).toEqual([{ names: [], throughPower: true, at: 50 }]);
  expect(told).toBe(1);
  await clock.advance(1_000);
  expect(writes).toHaveLength(2);
});

test("whoever asks for what is safe gets it, also when all of it was written already", async () => {
  const { clock, journal, writes, keep } = openJournal();
  keep("a");
  await Promise.all([journal.outlivesProcess(), clock.advance(0)]);
  await Promise.all([journal.saved(), clock.advance(0)]);
  expect(writes.map(({ throughPower }) => throughPower)).toEqual([false, true]);
});

test("both wishes of one turn are one write, which waits for the disk", async () => {
  const { clock, journal, writes, keep } = openJournal();
  keep("a");
  const launched = journal.outlivesProcess();
  keep("b");
  await Promise.all([launched, journal.saved(), clock.advance(0)]);
  expect(writes).toEqual([{ names: ["a", "b"], throughPower: true, at: 0 }]);
});

test("a wish that nothing is left to be written for leaves no timer", async () => {
  const { clock, journal, writes, keep } = openJournal();
  keep("a");
  const launched = journal.outlivesProcess();
  journal.flush();
  await Promise.all([launched, clock.advance(0)]);
  expect(writes).toHaveLength(1);
  expect(clock.pending).toBe(0);
});

test("launches in a row do not put off the moment at which all is safe", async () => {
  const { clock, journal, writes, keep } = openJournal();
  for (let at = 0; at < 200; at += 20) {
    keep(`${at}`);
    await Promise.all([journal.outlivesProcess(), clock.advance(20)]);
  }
  const safe = writes.filter(({ throughPower }) => throughPower).map(({ at }) => at);
  expect(safe.length).toBeGreaterThanOrEqual(3);
  expect(safe[0]).toBeLessThanOrEqual(50);
});
