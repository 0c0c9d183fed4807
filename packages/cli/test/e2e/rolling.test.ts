import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "@holdfast/runtime";
import { expect, test } from "vitest";
import { Holdfast } from "./holdfast.ts";

const pool = (script: string, action = "pause"): string => `
services:
  web:
    command: ["sh", "-c", "${script}"]
    environment: { HOLDFAST_E2E: "\${HOLDFAST_E2E}" }
    readiness: { log: listening }
    deploy: { replicas: 3, update_config: { monitor: 300ms, failure_action: ${action} } }
`;

interface Row {
  readonly state: string;
  readonly pid: number;
}

async function rows(holdfast: Holdfast): Promise<readonly Row[]> {
  return JSON.parse((await holdfast.run("ps", "--json")).out);
}

const pids = (list: readonly Row[]): readonly number[] => list.map(({ pid }) => pid);
const good = "echo listening; exec sleep 1000";

test("restart --rolling replaces every instance, also when the daemon is killed in the middle", async () => {
  await using holdfast = new Holdfast({ "holdfast.yaml": pool(good) });
  expect(await holdfast.run("daemon", "start")).toMatchObject({ code: 0 });
  expect(await holdfast.run("up", "-d")).toMatchObject({ code: 0 });
  const before = pids(await rows(holdfast));
  expect(await holdfast.run("restart", "--rolling", "web")).toMatchObject({
    code: 0,
    err: "web restarted\n",
  });
  const between = pids(await rows(holdfast));
  expect(between.filter((pid) => before.includes(pid))).toEqual([]);

  expect(await holdfast.run("restart", "--rolling", "--no-wait", "web")).toMatchObject({ code: 0 });
  for (let look = 0; look < 400; look++) {
    const left = pids(await rows(holdfast)).filter((pid) => between.includes(pid));
    if (left.length < 3) break;
    await systemClock.sleep(10);
  }
  const { pid } = JSON.parse((await holdfast.run("daemon", "status", "--json")).out);
  process.kill(pid, "SIGKILL");
  expect(await holdfast.run("daemon", "start")).toMatchObject({ code: 0 });
  let after: readonly Row[] = [];
  for (let look = 0; look < 200; look++) {
    after = await rows(holdfast);
    if (after.every((row) => row.state === "running" && !between.includes(row.pid))) break;
    await systemClock.sleep(50);
  }
  expect(after.map((row) => [row.state, between.includes(row.pid)])).toEqual([
    ["running", false],
    ["running", false],
    ["running", false],
  ]);
  expect(await holdfast.run("daemon", "stop")).toMatchObject({ code: 0 });
  expect(holdfast.processes()).toEqual([]);
});

test("a bad change is rolled back, and up says so and exits with 1", async () => {
  await using holdfast = new Holdfast({ "holdfast.yaml": pool(good, "rollback") });
  expect(await holdfast.run("up", "-d")).toMatchObject({ code: 0 });
  const before = pids(await rows(holdfast));
  writeFileSync(join(holdfast.directory, "holdfast.yaml"), pool("exit 7", "rollback"));
  const up = await holdfast.run("up", "-d");
  expect(up).toMatchObject({ code: 1 });
  expect(up.err).toMatch(/web\.1 did not become ready: .*7.*; it was rolled back/);
  const after = await rows(holdfast);
  expect(after.map(({ state }) => state)).toEqual(["running", "running", "running"]);
  // Two were never touched.
  expect(pids(after).filter((pid) => before.includes(pid))).toHaveLength(2);
  expect(await holdfast.run("daemon", "stop")).toMatchObject({ code: 0 });
  expect(holdfast.processes()).toEqual([]);
});
