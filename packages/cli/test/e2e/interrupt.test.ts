import { systemClock } from "@holdfast/runtime";
import { expect, test } from "vitest";
import { Holdfast } from "./holdfast.ts";

const manifest = `
services:
  db:
    command: ["sh", "-c", "sleep 0.05; touch ready; exec sleep 1000"]
    healthcheck: { test: ["CMD", "test", "-e", "ready"], interval: 50ms }
    environment: &mark { HOLDFAST_E2E: "\${HOLDFAST_E2E}" }
  web:
    command: ["sh", "-c", "sleep 1000 & sleep 1000"]
    depends_on: { db: { condition: service_healthy } }
    environment: *mark
`;

// Through every phase: before anything is started, the daemon's start, the apply, the wait for db, and after.
const delays = Array.from({ length: 30 }, (_, step) => step * 20);

test("a Ctrl-C at any moment of the start leaves no process", async () => {
  const left: string[] = [];
  const codes = new Set<unknown>();
  for (const delay of delays) {
    await using holdfast = new Holdfast({ "holdfast.yaml": manifest });
    const up = holdfast.start("up");
    await systemClock.sleep(delay);
    up.signal("SIGINT");
    const { code, signal } = await up.ended;
    codes.add(code ?? signal);
    left.push(...holdfast.processes().map((line) => `after ${delay} ms: ${line}`));
  }
  expect(left).toEqual([]);
  // Before the command listens, the signal is the system's.
  expect([...codes].filter((code) => code !== 0 && code !== "SIGINT")).toEqual([]);
}, 120_000);

test.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)(
  "%s stops in reverse order, and exits with 0",
  async (name) => {
    await using holdfast = new Holdfast({ "holdfast.yaml": manifest });
    const up = holdfast.start("up");
    await up.prints("web is running");
    up.signal(name);
    const { code, err } = await up.ended;
    expect(holdfast.processes()).toEqual([]);
    expect(code).toBe(0);
    const told = err.slice(err.indexOf("stopping "));
    expect(told.indexOf("web is stopped")).toBeGreaterThan(0);
    expect(told.indexOf("web is stopped")).toBeLessThan(told.indexOf("db is stopped"));
  },
);

test("a second Ctrl-C kills an app that does not obey", async () => {
  await using holdfast = new Holdfast({
    "holdfast.yaml": `
services:
  deaf:
    command: ["sh", "-c", "trap '' TERM INT; echo listening; while true; do sleep 1; done"]
    stop_grace_period: 60s
    environment: { HOLDFAST_E2E: "\${HOLDFAST_E2E}" }
`,
  });
  const up = holdfast.start("up");
  await up.prints("listening");
  up.signal("SIGINT");
  await up.prints("stopping deaf");
  await systemClock.sleep(300);
  // Its grace is three times as long as this test may take.
  up.signal("SIGINT");
  const { err } = await up.ended;
  expect(err).toContain("killing");
  expect(holdfast.processes()).toEqual([]);
});

test("when nobody reads stdout any more, the apps are stopped", async () => {
  await using holdfast = new Holdfast({
    "holdfast.yaml": `
services:
  chatty:
    command: ["sh", "-c", "while true; do echo again; sleep 0.05; done"]
    environment: { HOLDFAST_E2E: "\${HOLDFAST_E2E}" }
`,
  });
  const up = holdfast.start("up");
  await up.prints("again");
  up.closeStdout();
  await up.ended;
  expect(holdfast.processes()).toEqual([]);
});

test("what up -d left does not belong to the terminal any more: a Ctrl-C there reaches neither daemon nor apps", async () => {
  await using holdfast = new Holdfast({ "holdfast.yaml": manifest });
  const shell = holdfast.shell("holdfast up -d && echo left && sleep 1000");
  await shell.prints("left");
  const before = (await holdfast.run("ps", "--json")).out;
  shell.signalGroup("SIGINT");
  await shell.ended;
  expect((await holdfast.run("ps", "--json")).out).toBe(before);
  expect(await holdfast.run("daemon", "stop")).toMatchObject({ code: 0 });
  expect(holdfast.processes()).toEqual([]);
});
