import { expect, test } from "vitest";
import { Holdfast } from "./holdfast.ts";

const mark = `{ HOLDFAST_E2E: "\${HOLDFAST_E2E}" }`;
const shop = `
services:
  web:
    command: ["sh", "-c", "echo listening; echo 'Error: no database'; exit 3"]
    restart: "on-failure:1"
    environment: ${mark}
  db:
    command: ["sh", "-c", "exec sleep 1000"]
    environment: ${mark}
`;

test("why tells of an app's end, its last output and who asked for it, also after a kill of the daemon", async () => {
  await using holdfast = new Holdfast({ "holdfast.yaml": shop });
  await holdfast.run("up", "-d");
  await expect
    .poll(async () => (await holdfast.run("why", "web")).out, { timeout: 10_000, interval: 200 })
    .toMatch(/^web has failed: exited with code 3/);
  const told = /← exited with code 3 after [\d.]+ s\n.*← started after backoff\n(.*\n)+.*← up by uid \d+\n/;
  const { code, out } = await holdfast.run("why", "web", "-n", "2");
  expect([code, out]).toEqual([0, expect.stringMatching(told)]);
  expect(out).toMatch(/\n {2}listening\n {2}Error: no database\n$/);
  const { pid } = JSON.parse((await holdfast.run("daemon", "status", "--json")).out) as { pid: number };
  process.kill(pid, "SIGKILL");
  await expect.poll(async () => (await holdfast.run("daemon", "start")).code, { timeout: 10_000 }).toBe(0);
  expect((await holdfast.run("why", "web", "-n", "2")).out).toBe(out);
  expect((await holdfast.run("why", "db")).out).toMatch(
    /^db is running.*\n.*← started\n.*← up by uid \d+\n$/,
  );
  expect(await holdfast.run("why", "dbb")).toMatchObject({
    code: 1,
    err: expect.stringContaining("did you mean db?"),
  });
  await holdfast.run("down");
  await holdfast.run("daemon", "stop");
  expect(holdfast.processes()).toEqual([]);
});
