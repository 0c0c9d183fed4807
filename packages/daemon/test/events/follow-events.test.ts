import { VirtualClock } from "@holdfast/runtime/testing";
import { expect, test } from "vitest";
import type { DaemonEvent } from "../../src/api/contract.ts";
import { EventLog } from "../../src/events/event-log.ts";
import { followEvents } from "../../src/events/follow-events.ts";
import { Journal } from "../../src/store/journal.ts";
import { MemoryDatabase } from "../fakes/fake-daemon.ts";

const happening = (project: string): Omit<DaemonEvent, "seq" | "time"> => ({
  type: "project",
  project,
  name: null,
  message: `${project} was applied`,
  app: null,
  operation: null,
  by: null,
  cause: { origin: null, after: null },
});

/** A log with events of an earlier daemon and of this one. */
async function logWith(earlier: number, now: number) {
  const clock = new VirtualClock();
  const database = new MemoryDatabase();
  const fill = async (count: number) => {
    const log = new EventLog(clock, new Journal(clock, database), database);
    for (let i = 0; i < count; i++) log.publish(happening(i % 2 === 0 ? "shop" : "other"));
    await clock.advance(100);
    return log;
  };
  await fill(earlier);
  return { clock, log: await fill(now) };
}

function follower(project?: string) {
  const got: DaemonEvent[] = [];
  let wait: Promise<void> = Promise.resolve();
  return {
    got,
    project,
    isGone: false,
    send: (event: DaemonEvent) => void got.push(event),
    drained: () => wait,
    /** It takes no more until the function that is returned is called. */
    stall() {
      const { promise, resolve } = Promise.withResolvers<void>();
      wait = promise;
      return resolve;
    },
  };
}

test("who is thousands of events behind gets each of them once, in order, and then the new ones", async () => {
  const { log } = await logWith(1_234, 777);
  const reader = follower();
  const leave = await followEvents(log, 0, reader);
  log.publish(happening("shop"));
  const numbers = reader.got.map(({ seq }) => seq);
  expect(numbers).toHaveLength(1_234 + 777 + 1);
  expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
  leave();
  log.publish(happening("shop"));
  expect(reader.got).toHaveLength(numbers.length);
});

test("what happens while a slow reader catches up is not lost, and no more than a page waits for it", async () => {
  const { log } = await logWith(0, 1_000);
  const reader = follower();
  const go = reader.stall();
  const following = followEvents(log, 0, reader);
  await Promise.resolve();
  expect(reader.got).toHaveLength(200);
  for (let i = 0; i < 50; i++) log.publish(happening("shop"));
  go();
  await following;
  expect(reader.got.map(({ seq }) => seq)).toEqual(log.read(0).map(({ seq }) => seq));
  expect(reader.got).toHaveLength(1_050);
});

test("who follows one project gets its events alone, old and new", async () => {
  const { log } = await logWith(1_000, 1_000);
  const reader = follower("other");
  await followEvents(log, 0, reader);
  log.publish(happening("shop"));
  log.publish(happening("other"));
  expect(reader.got).toHaveLength(1_001);
  expect(new Set(reader.got.map(({ project }) => project))).toEqual(new Set(["other"]));
});

test("who is gone is sent nothing more", async () => {
  const { log } = await logWith(0, 1_000);
  const reader = follower();
  const go = reader.stall();
  const following = followEvents(log, 0, reader);
  reader.isGone = true;
  go();
  (await following)();
  log.publish(happening("shop"));
  expect(reader.got.length).toBeLessThanOrEqual(400);
});
