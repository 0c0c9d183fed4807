import { expect, test } from "vitest";
import { stateLook } from "../src/state/state-look.ts";
import { appStatus } from "./app-status.ts";

test("a stop tells how much of its time is over, and never more than all of it", () => {
  const row = appStatus({ state: "stopping", budgetMs: 10_000 });
  expect(stateLook(row, undefined, 4_200)).toMatchObject({
    label: "Stopping…",
    detail: "4 s of 10 s",
    share: 0.42,
  });
  expect(stateLook(row, undefined, 99_000)).toMatchObject({ detail: "1 min 39 s of 10 s", share: 1 });
  expect(stateLook(appStatus({ state: "stopping" }), undefined, 4_200)).toMatchObject({
    detail: "4 s",
    share: null,
  });
});

test("a backoff counts down to its restart", () => {
  const row = appStatus({
    state: "backoff",
    restarts: 4,
    exit: { code: 1, signal: null },
    next: new Date(8_000).toISOString(),
  });
  expect(stateLook(row, undefined, 4_800).detail).toBe("exit 1 · restart 4 in 3.2 s");
  expect(stateLook(row, undefined, 8_500).detail).toBe("exit 1 · restart 4 now");
});

test("a blocked start names what it waits for", () => {
  const row = appStatus({ state: "starting", waitingFor: [{ app: "db", condition: "service_healthy" }] });
  expect(stateLook(row, undefined, 0)).toMatchObject({ label: "Waiting", detail: "for db to be healthy" });
});

test("an install shows its stage, and a failure its reason, as the server says them", () => {
  expect(
    stateLook(appStatus({ state: "installing" }), "web is being installed: unpacking", 3_000).detail,
  ).toBe("unpacking · 3 s");
  expect(stateLook(appStatus({ state: "failed" }), "web failed: no such file", 0).detail).toBe(
    "no such file",
  );
});

test("what is running and not well does not look well", () => {
  expect(stateLook(appStatus({ health: "unhealthy", ready: true }), undefined, 0).tone).toBe("bad");
  expect(stateLook(appStatus({ ready: false }), undefined, 0).tone).toBe("busy");
  expect(stateLook(appStatus({ ready: true }), undefined, 0).tone).toBe("good");
});
