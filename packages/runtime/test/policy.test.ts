import { expect, test } from "vitest";
import {
  admitRestart,
  type ChildExit,
  decide,
  endsSupervisor,
  type Restart,
  takenAlong,
  type Verdict,
} from "../src/index.ts";

const reason = { kind: "requested-by-run" } as const;
const exits: Record<string, ChildExit> = {
  completed: { kind: "completed" },
  stopped: { kind: "stopped", reason },
  failed: { kind: "failed", error: new Error("x") },
  killed: { kind: "killed", reason },
};

test("permanent is restarted always, transient after a failure, temporary never", () => {
  const table = (restart: Restart) => Object.values(exits).map((exit) => decide(restart, exit));
  expect(table("permanent")).toEqual(["restart", "restart", "restart", "restart"]);
  expect(table("transient")).toEqual(["leave", "leave", "restart", "restart"]);
  expect(table("temporary")).toEqual(["leave", "leave", "leave", "leave"]);
});

test("a child's verdict goes before its restart policy", () => {
  const all = (verdict: Verdict) =>
    (["permanent", "transient", "temporary"] as const).map((restart) =>
      decide(restart, { kind: "completed", verdict }),
    );
  expect(all("do-not-restart")).toEqual(["leave", "leave", "leave"]);
  expect(all("restart")).toEqual(["restart", "restart", "leave"]);
  expect(all("end-tree")).toEqual(["end-tree", "end-tree", "end-tree"]);
});

test("intensity restarts within the period are admitted, one more is not, and old ones are forgotten", () => {
  const limit = { intensity: 2, periodMs: 100 };
  const first = admitRestart(limit, [], 0) ?? [];
  const second = admitRestart(limit, first, 50) ?? [];
  expect(second).toEqual([0, 50]);
  expect(admitRestart(limit, second, 100)).toBeUndefined();
  expect(admitRestart(limit, second, 101)).toEqual([50, 101]);
  expect(admitRestart({ intensity: 0, periodMs: 1 }, [], 5)).toBeUndefined();
});

test("one-for-one takes nobody along, one-for-all everybody, rest-for-one those started later", () => {
  const along = (strategy: Parameters<typeof takenAlong>[0]) => takenAlong(strategy, ["a", "b", "c"], "b");
  expect([along("one-for-one"), along("one-for-all"), along("rest-for-one")]).toEqual([
    ["b"],
    ["a", "b", "c"],
    ["b", "c"],
  ]);
});

test("a supervisor ends with any or with the last of its significant children, as it was told", () => {
  const ends = (significant: boolean, left: number) =>
    (["never", "any-significant", "all-significant"] as const).map((mode) =>
      endsSupervisor(mode, significant, () => left > 0),
    );
  expect(ends(true, 1)).toEqual([false, true, false]);
  expect(ends(true, 0)).toEqual([false, true, true]);
  expect(ends(false, 0)).toEqual([false, false, false]);
});
