import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Holdfast } from "./holdfast.ts";

const service = (name: string, rest: string): string =>
  `  ${name}: { ${rest}, environment: { HOLDFAST_E2E: "\${HOLDFAST_E2E}", KEY: s3cret } }\n`;
const before = `services:\n${service("db", "command: [sleep, '1000']")}${service("old", "command: [sleep, '1000']")}`;
const after = `services:\n${service("db", "command: [sleep, '1001']")}${service("web", "command: [sleep, '1000']")}`;

test("plan says what up would do and does nothing, and up then does that", async () => {
  await using holdfast = new Holdfast({ "holdfast.yaml": before });
  const alone = await holdfast.run("plan");
  expect(alone).toMatchObject({ code: 0, err: expect.stringContaining("no daemon is running") });
  expect(alone.out).toContain("+ db   added, is started\n");
  expect(holdfast.processes()).toEqual([]);

  expect(await holdfast.run("up", "-d")).toMatchObject({ code: 0 });
  expect(await holdfast.run("plan", "--exit-code")).toMatchObject({
    code: 0,
    out: expect.stringContaining("nothing to do"),
  });

  writeFileSync(join(holdfast.directory, "holdfast.yaml"), after.replace("s3cret", "n3wer"));
  const plan = await holdfast.run("plan", "--exit-code", "--remove-orphans");
  expect(plan.code).toBe(1);
  expect(plan.out).toBe(
    `~ db   changed, is restarted (stops within 10 s)
    command.argv: ["sleep","1000"] → ["sleep","1001"]
    environment.KEY: another value, not shown
+ web  added, is started
- old  removed, is stopped (stops within 10 s)
its stops take at most 10 s
down takes at most 10 s afterwards: db
`,
  );
  expect(JSON.parse((await holdfast.run("plan", "--json")).out)).toMatchObject({ hasChanges: true });
  expect(await holdfast.run("plan", "--exit-code")).toMatchObject({ code: 1 });

  const up = await holdfast.run("up", "-d", "--remove-orphans");
  expect(up).toMatchObject({ code: 0 });
  expect(up.err).toContain("added: web; restarted: db (stopped within 10 s); removed: old\n");
  expect(await holdfast.run("plan", "--exit-code", "--remove-orphans")).toMatchObject({ code: 0 });
  expect(`${plan.out}${up.err}`).not.toMatch(/s3cret|n3wer/);
  expect(await holdfast.run("daemon", "stop")).toMatchObject({ code: 0 });
  expect(holdfast.processes()).toEqual([]);
});

test("plan refuses what up refuses, with the same exit code", async () => {
  await using holdfast = new Holdfast({ "holdfast.yaml": before });
  expect(await holdfast.run("plan", "dbb")).toMatchObject({
    code: 2,
    err: expect.stringContaining("did you mean db?"),
  });
  writeFileSync(join(holdfast.directory, "holdfast.yaml"), "services:\n  db: { comand: [sleep, '1'] }\n");
  expect(await holdfast.run("plan")).toMatchObject({
    code: 2,
    err: expect.stringContaining("holdfast.yaml:2:9"),
  });
});

test("T14: what config and plan print for people has no value of a variable in it", async () => {
  await using holdfast = new Holdfast({ "holdfast.yaml": before });
  for (const command of ["config", "plan"]) {
    const { code, out, err } = await holdfast.run(command);
    expect([command, code, `${out}${err}`.includes("s3cret")]).toEqual([command, 0, false]);
  }
  // The look itself works: what is for programs has all of it, and its page says so.
  expect((await holdfast.run("config", "--json")).out).toContain("s3cret");
});
