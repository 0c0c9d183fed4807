import { expect, test } from "vitest";
import type { DaemonEvent } from "../src/api.ts";
import { merged, timeline } from "../src/views/app/timeline.ts";
import { appStatus } from "./app-status.ts";

const event = (second: number, over: Partial<DaemonEvent>): DaemonEvent => ({
  seq: second,
  time: new Date(second * 1_000).toISOString(),
  type: "state",
  project: "shop",
  name: "web",
  message: "",
  app: null,
  operation: null,
  by: null,
  cause: { origin: null, after: null },
  ...over,
});

const life = [
  event(10, { app: appStatus({ state: "starting" }) }),
  event(20, { app: appStatus({ state: "running", ready: true }) }),
  event(40, { app: appStatus({ state: "backoff", exit: { code: 1, signal: null } }) }),
  event(50, { app: appStatus({ state: "running", ready: true }) }),
  event(55, { type: "warning", message: "out of room" }),
];

test("a life is one stretch for each state, up to now, with a mark for each crash", () => {
  const { lanes, marks } = timeline(life, [appStatus({ state: "running" })], { from: 0, to: 60_000 });
  expect(lanes).toHaveLength(1);
  expect(lanes[0]?.segments.map(({ from, to, tone }) => [from, to, tone])).toEqual([
    [10_000, 20_000, "busy"],
    [20_000, 40_000, "good"],
    [40_000, 50_000, "waiting"],
    [50_000, 60_000, "good"],
  ]);
  expect(lanes[0]?.marks.map(({ at, kind }) => [at, kind])).toEqual([
    [20_000, "ready"],
    [40_000, "crash"],
    [50_000, "ready"],
  ]);
  expect(marks.map(({ kind, text }) => [kind, text])).toEqual([["warning", "out of room"]]);
});

test("only what is in the time that is shown is drawn, cut at its edges", () => {
  const { lanes } = timeline(life, [], { from: 30_000, to: 45_000 });
  expect(lanes[0]?.segments.map(({ from, to }) => [from, to])).toEqual([
    [30_000, 40_000],
    [40_000, 45_000],
  ]);
});

test("what is narrower than a pixel is drawn once, in the colour of the worst of it", () => {
  const short = Array.from({ length: 100 }, (_, index) => ({
    from: index,
    to: index + 1,
    tone: index === 50 ? ("bad" as const) : ("good" as const),
    text: "",
  }));
  const drawn = merged(short, 10);
  expect(drawn.length).toBeLessThanOrEqual(12);
  expect(drawn.filter(({ tone }) => tone === "bad")).toHaveLength(1);
  expect(drawn.at(-1)?.to).toBe(100);
});
