import { VirtualClock } from "@holdfast/runtime/testing";
import { expect, test } from "vitest";
import { CalmTopic } from "../src/state/calm-topic.ts";

test("what is told in a burst is heard at once, and once more at its end", async () => {
  const clock = new VirtualClock();
  const topic = new CalmTopic(clock, 50);
  let heard = 0;
  topic.subscribe(() => heard++);
  topic.tell();
  expect(heard).toBe(1);
  topic.tell();
  topic.tell();
  await clock.advance(49);
  expect(heard).toBe(1);
  await clock.advance(1);
  expect(heard).toBe(2);
  await clock.advance(200);
  expect(heard).toBe(2);
  topic.tell();
  expect(heard).toBe(3);
});
