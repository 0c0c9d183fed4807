import { seededRandom } from "@holdfast/runtime";
import { expect, test } from "vitest";
import { decideAfterExit, noRestarts, type RestartHistory } from "../../src/apps/exit-decision.ts";
import type { RestartPolicy } from "../../src/spec/app-spec.ts";

const backoff = { initialMs: 100, maxMs: 1_000, factor: 2, resetAfterMs: 10_000 };
const random = seededRandom(1);

function decide(
  restart: Partial<RestartPolicy>,
  code: number,
  { livedMs = 0, at = 0, history = noRestarts, successExitCodes = [] as readonly number[] } = {},
): ReturnType<typeof decideAfterExit> {
  return decideAfterExit(
    { restart: { when: "on-failure", backoff, ...restart }, successExitCodes },
    { exit: { code, signal: null }, livedMs, at },
    history,
    random,
  );
}

test("never: success rests, failure gives up", () => {
  expect(decide({ when: "never" }, 0)).toEqual({ kind: "rest" });
  expect(decide({ when: "never" }, 3)).toEqual({ kind: "give-up", reason: "exited with code 3" });
});

test("on-failure: success rests, failure restarts", () => {
  expect(decide({ when: "on-failure" }, 0)).toEqual({ kind: "rest" });
  expect(decide({ when: "on-failure" }, 1)).toMatchObject({ kind: "restart", delayMs: 100 });
});

test("always: success restarts too", () => {
  expect(decide({ when: "always" }, 0)).toMatchObject({ kind: "restart" });
});

test("no delay after a run that lived as long as the policy asks for, the usual one after a shorter", () => {
  const restart = { backoff: { ...backoff, promptAfterMs: 1_000 } };
  expect(decide(restart, 1, { livedMs: 1_000 })).toMatchObject({ kind: "restart", delayMs: 0 });
  expect(decide(restart, 1, { livedMs: 999 })).toMatchObject({ kind: "restart", delayMs: 100 });
});

test("an exit code that is listed counts as success", () => {
  expect(decide({ when: "on-failure" }, 130, { successExitCodes: [130] })).toEqual({ kind: "rest" });
});

test("a signal and an unknown end are failures", () => {
  const spec = { restart: { when: "never", backoff } as const, successExitCodes: [0] };
  const ended = (exit: { readonly code: number | null; readonly signal: string | null }) =>
    decideAfterExit(spec, { exit, livedMs: 0, at: 0 }, noRestarts, random);
  expect(ended({ code: null, signal: "SIGKILL" })).toEqual({
    kind: "give-up",
    reason: "was killed by SIGKILL",
  });
  expect(ended({ code: null, signal: null })).toMatchObject({ kind: "give-up" });
});

test("the delay doubles to its maximum, and a long life starts the series anew", () => {
  let history: RestartHistory = noRestarts;
  const delays: number[] = [];
  for (let crash = 0; crash < 6; crash++) {
    const decision = decide({}, 1, { history, livedMs: crash === 5 ? 10_000 : 0 });
    if (decision.kind !== "restart") throw new Error("gave up");
    delays.push(decision.delayMs);
    history = decision.history;
  }
  expect(delays).toEqual([100, 200, 400, 800, 1_000, 100]);
});

test("without resetAfterMs a long life changes nothing", () => {
  const policy = { maxRestarts: 1, backoff: { initialMs: 1, maxMs: 1, factor: 1 } };
  const first = decide(policy, 1, { livedMs: 1e9 });
  if (first.kind !== "restart") throw new Error("gave up at once");
  expect(decide(policy, 1, { livedMs: 1e9, history: first.history })).toMatchObject({ kind: "give-up" });
});

test("exactly maxRestarts restarts are allowed in a row", () => {
  let history: RestartHistory = noRestarts;
  for (let crash = 0; crash < 3; crash++) {
    const decision = decide({ maxRestarts: 3 }, 1, { history });
    if (decision.kind !== "restart") throw new Error(`gave up at crash ${crash}`);
    history = decision.history;
  }
  expect(decide({ maxRestarts: 3 }, 1, { history })).toEqual({
    kind: "give-up",
    reason: "exited with code 1; 3 restarts used up",
  });
});

test("an app that always restarts and ends well when its restarts are used up rests", () => {
  const history = { inARow: 2, times: [] };
  expect(decide({ when: "always", maxRestarts: 2 }, 0, { history })).toEqual({ kind: "rest" });
  expect(decide({ when: "always", maxRestarts: 2 }, 1, { history })).toMatchObject({ kind: "give-up" });
});

test("with a window only the restarts within it count", () => {
  const policy = { maxRestarts: 2, windowMs: 1_000 };
  let history: RestartHistory = noRestarts;
  for (const at of [0, 900, 1_000, 1_900]) {
    const decision = decide(policy, 1, { at, history });
    if (decision.kind !== "restart") throw new Error(`gave up at ${at}`);
    history = decision.history;
  }
  expect(decide(policy, 1, { at: 1_950, history })).toMatchObject({
    kind: "give-up",
    reason: "exited with code 1; 2 restarts within 1 s used up",
  });
});
