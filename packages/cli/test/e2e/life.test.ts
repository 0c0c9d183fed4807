import { existsSync } from "node:fs";
import { systemClock } from "@holdfast/runtime";
import { expect, test } from "vitest";
import { Holdfast } from "./holdfast.ts";

const mark = `{ HOLDFAST_E2E: "\${HOLDFAST_E2E}" }`;
const shop = `
services:
  web:
    command: ["sh", "-c", "echo serving $$0; exec sleep 1000"]
    environment: ${mark}
    deploy: { replicas: 2 }
  db:
    command: ["sh", "-c", "echo ready; exec sleep 1000"]
    environment: ${mark}
`;

interface Row {
  readonly name: string;
  readonly state: string;
  readonly pid: number | null;
  readonly instance: number;
}

async function rows(holdfast: Holdfast): Promise<readonly Row[]> {
  const { out } = await holdfast.run("ps", "--json");
  return JSON.parse(out);
}

test("up -d, ps, restart, logs, stop, start, down and daemon stop do what they say", async () => {
  await using holdfast = new Holdfast({ "holdfast.yaml": shop });
  expect(await holdfast.run("up", "-d")).toMatchObject({ code: 0 });
  const before = await rows(holdfast);
  expect(before.map(({ name, instance, state }) => `${name}.${instance} ${state}`).sort()).toEqual([
    "db.1 running",
    "web.1 running",
    "web.2 running",
  ]);

  expect(await holdfast.run("restart", "db")).toMatchObject({ code: 0, err: "db restarted\n" });
  const pidOf = (list: readonly Row[], name: string): unknown => list.find((row) => row.name === name)?.pid;
  const after = await rows(holdfast);
  expect(pidOf(after, "db")).not.toBe(pidOf(before, "db"));
  expect(pidOf(after, "web")).toBe(pidOf(before, "web"));

  expect((await holdfast.run("logs", "db")).out).toBe("ready\nready\n");
  expect((await holdfast.run("logs")).out).toMatch(/^web\.[12] \| serving/m);

  expect(await holdfast.run("stop", "web", "--timeout", "2")).toMatchObject({ code: 0 });
  expect((await rows(holdfast)).filter(({ state }) => state === "running").map(({ name }) => name)).toEqual([
    "db",
  ]);
  expect(await holdfast.run("start", "web")).toMatchObject({ code: 0 });

  expect(await holdfast.run("down")).toMatchObject({ code: 0 });
  expect((await rows(holdfast)).map(({ state }) => state)).toEqual(["stopped", "stopped", "stopped"]);
  expect(await holdfast.run("daemon", "stop")).toMatchObject({ code: 0 });
  expect(holdfast.processes()).toEqual([]);
  expect(await holdfast.run("ps")).toMatchObject({ code: 69, out: "" });
});

test.each([
  ["a typing error", "services:\n  web:\n    comand: [sleep, '1']\n", "holdfast.yaml:3:5: ", "command"],
  [
    "a cycle",
    "services:\n  a: { command: [sleep, '1'], depends_on: [b] }\n  b: { command: [sleep, '1'], depends_on: [a] }\n",
    "holdfast.yaml:",
    "a → b",
  ],
  ["no YAML", "services: [\n", "holdfast.yaml:", ""],
])("a manifest with %s exits with 2, says where, and starts no daemon", async (_, text, place, message) => {
  await using holdfast = new Holdfast({ "holdfast.yaml": text });
  for (const args of [["up"], ["up", "-d"], ["config"]]) {
    const { code, out, err } = await holdfast.run(...args);
    expect([code, out]).toEqual([2, ""]);
    expect(err).toContain(place);
    expect(err).toContain(message);
  }
  expect(existsSync(holdfast.home)).toBe(false);
  expect(holdfast.processes()).toEqual([]);
});

test("an app that this daemon cannot run exits with 2, says where, and leaves no daemon", async () => {
  await using holdfast = new Holdfast({ "compose.yaml": "services:\n  db:\n    image: postgres\n" });
  for (const args of [["up"], ["up", "-d"]]) {
    const { code, err } = await holdfast.run(...args);
    expect(code).toBe(2);
    expect(err).toMatch(/compose\.yaml:\d+:\d+: /);
    expect(holdfast.processes()).toEqual([]);
  }
});

test("a manifest with a container is refused before a daemon is started", async () => {
  await using holdfast = new Holdfast({
    "compose.yaml": "services:\n  job: { command: echo hi }\n  web: { image: nginx }\n",
  });
  const { code, err } = await holdfast.run("up", "-d");
  expect(err).toContain("compose.yaml:3:3: web is a container (nginx)");
  expect([code, existsSync(holdfast.home), holdfast.processes()]).toEqual([2, false, []]);
});

test("without a manifest up says what it looked for", async () => {
  await using holdfast = new Holdfast({ "notes.txt": "" });
  const { code, err } = await holdfast.run("up");
  expect(code).toBe(2);
  expect(err).toContain("holdfast.yaml, ");
});

test("up ends with 0 when all apps have completed, and nothing of their output is lost", async () => {
  await using holdfast = new Holdfast({
    "holdfast.yaml": `
services:
  first: { command: ["sh", "-c", "i=0; while [ $$i -lt 2000 ]; do i=$$((i+1)); echo line $$i; done"] }
  then:
    command: ["sh", "-c", "echo after"]
    depends_on: { first: { condition: service_completed_successfully } }
`,
  });
  const { code, out, err } = await holdfast.run("up");
  expect(err).toContain("all apps have ended");
  expect(code).toBe(0);
  const lines = out.trimEnd().split("\n");
  expect(lines.filter((line) => line.startsWith("first | ")).map((line) => line.slice(8))).toEqual(
    Array.from({ length: 2_000 }, (_, index) => `line ${index + 1}`),
  );
  expect(lines).toContain("then  | after");
  expect(holdfast.processes()).toEqual([]);
});

test("up ends with 1 when one has failed, and names it", async () => {
  await using holdfast = new Holdfast({
    "holdfast.yaml": "services:\n  bad: { command: [sh, -c, 'exit 3'] }\n  good: { command: ['true'] }\n",
  });
  const { code, err } = await holdfast.run("up");
  expect(code).toBe(1);
  expect(err).toMatch(/^holdfast: bad .*3/m);
  expect(err).not.toMatch(/^holdfast: good/m);
  expect(holdfast.processes()).toEqual([]);
});

test("a program that does not exist fails its app, and up says so", async () => {
  await using holdfast = new Holdfast({
    "holdfast.yaml": "services:\n  absent: { command: [/no/such/program] }\n",
  });
  const { code, err } = await holdfast.run("up");
  expect(code).toBe(1);
  expect(err).toMatch(/absent/);
  expect(holdfast.processes()).toEqual([]);
});

test("apps outlive a killed daemon, up says so with 69, and the next daemon takes them over", async () => {
  await using holdfast = new Holdfast({ "holdfast.yaml": shop });
  const up = holdfast.start("up");
  await up.prints("ready");
  const before = await rows(holdfast);
  const { pid } = JSON.parse((await holdfast.run("daemon", "status", "--json")).out);
  process.kill(pid, "SIGKILL");
  const { code, err } = await up.ended;
  expect(code).toBe(69);
  expect(err).toContain("the apps run on");
  expect(await holdfast.run("up", "-d")).toMatchObject({ code: 0 });
  expect(await rows(holdfast)).toMatchObject(before.map(({ name, pid: same }) => ({ name, pid: same })));
  await holdfast.run("daemon", "stop");
  expect(holdfast.processes()).toEqual([]);
});

test("a second daemon of a home exits with 73 and names the first", async () => {
  await using holdfast = new Holdfast({ "holdfast.yaml": shop });
  await holdfast.run("daemon", "start");
  const { pid } = JSON.parse((await holdfast.run("daemon", "status", "--json")).out);
  const second = await holdfast.run("daemon", "run");
  expect(second.code).toBe(73);
  expect(second.err).toContain(String(pid));
  await holdfast.run("daemon", "stop");
  expect(holdfast.processes()).toEqual([]);
});

test("whoever ends the daemon is told so, and an up that follows ends as its apps did", async () => {
  await using holdfast = new Holdfast({ "holdfast.yaml": shop });
  const up = holdfast.start("up");
  await up.prints("ready");
  expect(await holdfast.run("daemon", "stop")).toMatchObject({ code: 0 });
  expect(await up.ended).toMatchObject({ code: 0 });
  expect(holdfast.processes()).toEqual([]);

  await holdfast.run("up", "-d");
  const before = await rows(holdfast);
  expect(await holdfast.run("daemon", "stop", "--keep-apps")).toMatchObject({ code: 0 });
  expect(holdfast.processes().filter((line) => line.includes("sleep 1000"))).toHaveLength(3);
  expect(await holdfast.run("daemon", "start")).toMatchObject({ code: 0 });
  expect(await rows(holdfast)).toMatchObject(
    before.map(({ name, pid }) => ({ name, pid, state: "running" })),
  );
  await holdfast.run("daemon", "stop");
  expect(holdfast.processes()).toEqual([]);
});

test("eight ups at once share one daemon", async () => {
  await using holdfast = new Holdfast({ "holdfast.yaml": shop });
  const ends = await Promise.all(Array.from({ length: 8 }, () => holdfast.run("up", "-d")));
  expect(ends.map(({ code, err }) => (code === 0 ? 0 : err))).toEqual(ends.map(() => 0));
  expect(await rows(holdfast)).toHaveLength(3);
  // Those that came second see it and end within the moment that the lock is waited for.
  const daemons = (): number => holdfast.processes().filter((line) => line.includes("daemon run")).length;
  for (let look = 0; look < 200 && daemons() > 1; look++) await systemClock.sleep(10);
  expect(daemons()).toBe(1);
  await holdfast.run("daemon", "stop");
  expect(holdfast.processes()).toEqual([]);
});

test("hundreds of apps with a large environment fit through the socket", async () => {
  const apps = Array.from(
    { length: 300 },
    (_, index) => `  app${index}: { command: [sleep, '1'], environment: { BIG: "${"x".repeat(3_000)}" } }`,
  );
  await using holdfast = new Holdfast({ "holdfast.yaml": `services:\n${apps.join("\n")}\n` });
  const up = holdfast.start("up", "app0");
  await up.prints("app0 is running");
  up.signal("SIGINT");
  expect((await up.ended).code).toBe(0);
});

test("ps --watch shows changes until Ctrl-C", async () => {
  await using holdfast = new Holdfast({ "holdfast.yaml": shop });
  await holdfast.run("up", "-d");
  const watch = holdfast.start("ps", "--watch");
  await watch.prints("running");
  await holdfast.run("stop", "db");
  await watch.prints("stopped");
  watch.signal("SIGINT");
  expect((await watch.ended).code).toBe(0);
  await holdfast.run("daemon", "stop");
});

test("logs -f goes on with what comes, and events with what happens", async () => {
  await using holdfast = new Holdfast({
    "holdfast.yaml": `
services:
  clock:
    command: ["sh", "-c", "while true; do date +%s%N; sleep 0.1; done"]
    environment: ${mark}
`,
  });
  await holdfast.run("up", "-d");
  const logs = holdfast.start("logs", "-f", "clock", "-n", "1", "--json");
  const events = holdfast.start("events", "-f", "--json");
  await expect.poll(() => logs.out.split("\n").length).toBeGreaterThan(5);
  await holdfast.run("stop", "clock");
  await events.prints("clock is stopped");
  for (const follower of [logs, events]) follower.signal("SIGTERM");
  const written = (await logs.ended).out
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(written.length).toBeGreaterThan(3);
  expect(written.map(({ text }) => text)).toEqual(written.map(({ text }) => text).sort());
  expect((await events.ended).code).toBe(0);
  await holdfast.run("daemon", "stop");
  expect(holdfast.processes()).toEqual([]);
});
