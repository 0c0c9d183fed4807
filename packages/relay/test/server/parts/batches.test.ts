import type { AppendOutcome, NewEvent } from "@holdfast/relay/server";
import { expect, test } from "vitest";
import { Batches } from "../../../src/server/store/batches.ts";
import { EndOfTurn } from "../../../src/server/store/end-of-turn.ts";

const event = (id: string, bytes = 10): NewEvent => ({
  slot: "a",
  sender: "b",
  id,
  at: 1,
  envelope: new Uint8Array(bytes),
});
const outcome = (seq: number): AppendOutcome => ({ kind: "stored", cursor: { epoch: "e", seq } });

test("what comes in one turn is one batch, what comes while it is written is the next", async () => {
  using turn = new EndOfTurn();
  const written: string[][] = [];
  const gate = Promise.withResolvers<void>();
  const batches = new Batches(
    async (events) => {
      written.push(events.map(({ id }) => id));
      if (written.length === 1) await gate.promise;
      return events.map((_, index) => outcome(index));
    },
    (then) => turn.after(then),
  );
  const first = [batches.add(event("1")), batches.add(event("2"))];
  while (written.length === 0) await new Promise((resolve) => setImmediate(resolve));
  const later = [batches.add(event("3")), batches.add(event("4"))];
  gate.resolve();
  await Promise.all([...first, ...later]);
  expect(written).toEqual([
    ["1", "2"],
    ["3", "4"],
  ]);
  await batches.settled();
  expect(batches.isIdle).toBe(true);
});

test("each gets its own outcome; a batch that failed fails all of its own and no other", async () => {
  using turn = new EndOfTurn();
  let calls = 0;
  const batches = new Batches(
    (events) => {
      if (++calls === 1) throw new Error("disk full");
      return events.map(({ id }, index) => (id === "bad" ? new Error("refused") : outcome(index)));
    },
    (then) => turn.after(then),
  );
  const failed = await Promise.allSettled([batches.add(event("1")), batches.add(event("2"))]);
  expect(failed.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  const mixed = await Promise.allSettled([batches.add(event("3")), batches.add(event("bad"))]);
  expect(mixed.map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
});

test("a batch has 256 events and 8 MiB at most, and one event at least", async () => {
  using turn = new EndOfTurn();
  const sizes: number[] = [];
  const batches = new Batches(
    (events) => {
      sizes.push(events.length);
      return events.map((_, index) => outcome(index));
    },
    (then) => turn.after(then),
  );
  await Promise.all(Array.from({ length: 600 }, (_, index) => batches.add(event(String(index)))));
  expect(sizes).toEqual([256, 256, 88]);
  sizes.length = 0;
  await Promise.all([5, 5, 9].map((mib) => batches.add(event("x", mib * 1024 * 1024))));
  expect(sizes).toEqual([1, 1, 1]);
});
