// biome-ignore-all lint/suspicious/noTemplateCurlyInString: what looks like a template here is the format's own
import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";
import { describe, expect, test } from "vitest";
import { projectSpecSchema } from "../../../src/api/spec-schema.ts";
import { appOf, edgesOf, fixtures, loadFixture, scriptOf, tryFixture } from "./load-fixture.ts";

/** One that is wrong, and one that is nothing without the file below it. */
const wrong = new Set(["circular.yaml", "override-top.yaml"]);
const all = readdirSync(fixtures).filter((name) => /\.ya?ml$/.test(name));

test.each(all.filter((name) => !wrong.has(name)))("%s loads", (name) => {
  expect(tryFixture([name]).problems).toEqual([]);
});

test.each(all.filter((name) => !wrong.has(name)))(
  "%s becomes what the API takes, and nothing is lost on the way",
  (name) => {
    const project = loadFixture(name);
    expect(v.parse(projectSpecSchema, JSON.parse(JSON.stringify(project)))).toEqual(project);
  },
);

const successfully = "service_completed_successfully";

describe("who waits for whom", () => {
  test.each<[string, readonly string[]]>([
    ["chain.yaml", ["serve > warm", "warm > build", "build > fetch"]],
    ["rhombus.yaml", ["top > left", "top > right", "left > bottom", "right > bottom"]],
    ["arrow.yaml", ["tip > barb-a", "tip > barb-b", "tip > shaft-1", "shaft-1 > shaft-2"]],
    ["many-for-one.yaml", ["api > db", "web > db", "job > db"]],
    ["odd-then-even.yaml", ["two > one", "four > three"]],
    ["transitive.yaml", ["second > first", "third > second"]],
    ["chain-exit.yaml", ["app > check"]],
  ])("in %s", (name, edges) => {
    expect(edgesOf(loadFixture(name))).toEqual(edges.map((edge) => `${edge}:${successfully}`));
  });

  test("each condition is one of ours", () => {
    expect(edgesOf(loadFixture("one-for-many.yaml"))).toEqual([
      `report > north:${successfully}`,
      "report > south:service_completed",
      "report > east:service_started",
    ]);
    expect(edgesOf(loadFixture("failing-log-line.yml"))).toEqual(["client > server:service_log_ready"]);
  });

  test("a cycle is printed whole, with the place of one of its links", () => {
    expect(tryFixture(["circular.yaml"]).problems).toEqual([
      "circular.yaml:5:7: dependency cycle: hen → egg → hen",
    ]);
  });

  test("a disabled process is waited for by nobody", () => {
    expect(edgesOf(loadFixture("disabled.yaml"))).toEqual([`user > off:${successfully}?`]);
  });
});

test("the order of the file is kept", () => {
  expect(loadFixture("odd-then-even.yaml").apps.map((app) => app.name)).toEqual([
    "two",
    "one",
    "four",
    "three",
  ]);
});

test("restarts: never, on failure with a constant delay, always, at most so many", () => {
  const project = loadFixture("with-errors.yaml");
  const backoff = { initialMs: 1000, maxMs: 1000, factor: 1 };
  expect(appOf(project, "last").restart).toEqual({ when: "never", backoff });
  expect(appOf(project, "tidy").restart).toEqual({ when: "on-failure", maxRestarts: 1, backoff });
  expect(appOf(project, "poller").restart).toEqual({
    when: "always",
    maxRestarts: 1,
    backoff: { initialMs: 2000, maxMs: 2000, factor: 1 },
  });
});

test("exit_on_failure and exit_on_end end the project, and exit_on_skipped too", () => {
  expect(appOf(loadFixture("chain-exit.yaml"), "check")).toMatchObject({
    endsProject: "on-failure",
    restart: { when: "never" },
  });
  const last = appOf(loadFixture("success-exit-codes.yaml"), "last");
  expect([last.endsProject, last.skippedEndsProject]).toEqual(["always", true]);
  expect(appOf(loadFixture("chain.yaml"), "serve").endsProject).toBe("never");
});

test("exit codes that count as success are kept without 0 and repetitions", () => {
  const { successExitCodes } = appOf(loadFixture("success-exit-codes.yaml"), "interrupted");
  expect(successExitCodes).toEqual([130, 143]);
});

test("an env file lies in a directory that the file calls by a path from elsewhere", () => {
  const greeter = appOf(loadFixture("env-file.yaml"), "greeter");
  expect(greeter.workingDir).toBe(fixtures);
  expect(scriptOf(greeter)).toBe("echo $GREETING nobody");
  expect(greeter.environment).toMatchObject({ GREETING: "hello there", TARGET: "moon" });
});

test("a file that extends another is laid over it, and the other's processes run beside their own file", () => {
  const project = loadFixture("extending.yaml");
  expect(project.files).toEqual([join(fixtures, "base.yaml"), join(fixtures, "extending.yaml")]);
  expect(project.apps.map((app) => [app.name, scriptOf(app), app.workingDir])).toEqual([
    ["db", "./db.sh", join(fixtures, "data")],
    ["cache", "./cache.sh --small", fixtures],
    ["api", "./api.sh", fixtures],
  ]);
  expect(appOf(project, "api")).toMatchObject({
    environment: { LEVEL: "top", BASE: "1" },
    logFile: join(fixtures, "all.log"),
  });
});

test("processes extend processes, through several and in any order", () => {
  const project = loadFixture("process-extends.yaml");
  const { environment, ...middle } = appOf(project, "middle");
  expect(middle).toMatchObject({
    command: { script: "echo root" },
    workingDir: "/tmp",
    restart: { when: "always" },
    namespaces: ["middles"],
  });
  expect(environment).toMatchObject({ SHARED: "root", COLOR: "blue", EXTRA: "a=b", PC_PROC_NAME: "middle" });
  const leaf = appOf(project, "leaf");
  expect([scriptOf(leaf), leaf.environment["EXTRA"], leaf.environment["PC_PROC_NAME"]]).toEqual([
    "echo leaf",
    "a=b",
    "leaf",
  ]);
  expect(appOf(project, "root").environment["COLOR"]).toBe("red");
});

test("a process may be in several namespaces, and is in one by default", () => {
  const namespaces = loadFixture("namespaces.yaml").apps.map((app) => app.namespaces);
  expect(namespaces).toEqual([["red", "blue"], ["red"], ["default"]]);
});

test("each replica is an app with its own number in its texts, its environment and its log's name", () => {
  const project = loadFixture("scale.yaml");
  expect(project.apps.map((app) => [app.name, app.group])).toEqual([
    ["balancer", undefined],
    ["worker-0", "worker"],
    ["worker-1", "worker"],
    ["worker-2", "worker"],
    ["numbered-0", "numbered"],
    ["numbered-1", "numbered"],
  ]);
  const second = appOf(project, "worker-1");
  expect(scriptOf(second)).toBe("serve --port 4041");
  expect(second.environment).toMatchObject({ NUMBER: "1", PC_REPLICA_NUM: "1", PC_PROC_NAME: "worker" });
  expect(second.readiness?.action).toMatchObject({ url: "http://localhost:4041/" });
  expect(second.logFile).toBe(join(fixtures, "worker.log.1"));
  expect(appOf(project, "numbered-1").logFile).toBe(join(fixtures, "n.1.log"));
  expect(edgesOf(project)).toEqual([
    "balancer > worker-0:service_healthy",
    "balancer > worker-2:service_healthy",
    "balancer > worker-1:service_started",
  ]);
});

test("a process is stopped by a command or a signal, within its time", () => {
  const project = loadFixture("shutdown-in-order.yaml");
  expect(project.orderedStop).toBe(true);
  expect(appOf(project, "base").stop).toEqual({
    signal: "SIGTERM",
    graceMs: 10_000,
    leaderOnly: false,
    command: {
      kind: "shell",
      script: 'echo "base: exit" >> "$STOP_LOG"; exit 1',
      shell: ["/shells/bash", "-c"],
    },
  });
  expect(appOf(project, "user").stop).toEqual({ signal: "SIGINT", graceMs: 3000, leaderOnly: true });
});

test("a log goes to the process's file, else to the project's", () => {
  expect(loadFixture("with-log.yaml").apps.map((app) => app.logFile)).toEqual([
    join(fixtures, "own.log"),
    join(fixtures, "project.log"),
    "/var/log/elsewhere.log",
  ]);
});

test("probes have their own times, and process-compose's defaults", () => {
  const project = loadFixture("probes.yaml");
  const web = appOf(project, "web");
  expect(web).toMatchObject({ forks: true, unreadyKills: true });
  expect(web.readiness).toEqual({
    action: {
      kind: "http",
      url: "https://localhost:8080/health",
      method: "GET",
      headers: { "X-Probe": "1" },
      status: 204,
    },
    initialDelayMs: 5000,
    intervalMs: 2000,
    timeoutMs: 3000,
    successThreshold: 2,
    failureThreshold: 7,
    startPeriodMs: 0,
    startIntervalMs: 2000,
  });
  expect(web.liveness?.action).toMatchObject({ workingDir: "/tmp", command: { script: "test -f alive" } });
  expect(appOf(project, "plain").readiness).toMatchObject({
    action: { url: "http://127.0.0.1/", status: 200 },
    initialDelayMs: 0,
    intervalMs: 10_000,
    timeoutMs: 1000,
    successThreshold: 1,
    failureThreshold: 3,
  });
});

test("templates are filled in from the process's variables before the project's", () => {
  const project = loadFixture("variables.yaml");
  const web = appOf(project, "web");
  expect(web).toMatchObject({
    description: "on 9090",
    workingDir: "/python3",
    logFile: join(fixtures, "python3.log"),
  });
  expect(scriptOf(web)).toBe("python3 serve 9090 --fast deep 7");
  expect(web.readiness?.action).toMatchObject({ url: "http://127.0.0.1:9090/" });
  expect(web.liveness?.action).toMatchObject({ command: { script: "docker inspect -f {{.State}} x" } });
  expect(scriptOf(appOf(project, "raw"))).toBe('curl -d {"a":"{{b}}"}');
});

test("schedules are cron expressions or intervals, and runs never overlap", () => {
  expect(loadFixture("schedules.yaml").apps.map((app) => app.schedule)).toEqual([
    { cron: "0 2 * * *", timeZone: "Europe/Berlin", immediate: false },
    { everyMs: 90_000, immediate: true },
    { everyMs: 10_000, immediate: false },
    { cron: "@hourly", immediate: false },
  ]);
});

test("is_disabled has the last word, and what needs a foreground is started only by name", () => {
  expect(loadFixture("disabled.yaml").apps.map((app) => [app.name, app.disabled])).toEqual([
    ["off", true],
    ["on-again", false],
    ["off-again", true],
    ["front", true],
    ["user", false],
  ]);
});

test("commands run in the project's shell, entrypoints and executables in none", () => {
  expect(loadFixture("entrypoint.yaml").apps.map((app) => app.command)).toEqual([
    { kind: "exec", argv: ["ls", "-l", "/tmp/a b"] },
    { kind: "exec", argv: ["ls", "-l", "5"] },
    { kind: "exec", argv: ["/bin/ls", "-l"] },
    { kind: "shell", script: "ls -l", shell: ["/shells/sh", "-ec"] },
  ]);
});

test("env_cmds fill variables in when the process starts; its own win, and a failing one sets nothing", () => {
  const env = { COMPOSE_SHELL: "/bin/sh" };
  const { project } = tryFixture(["env-commands.yaml"], env);
  const { command, environment } = appOf(project, "teller");
  if (command.kind !== "exec") throw new Error("the command is not wrapped");
  const [program, ...operands] = command.argv;
  const output = execFileSync(program, operands, {
    env: { ...environment, PATH: "/bin:/usr/bin" },
    encoding: "utf8",
  });
  expect(output).toBe("[it is now] [unset] [mine]\n");
});

test("commands of several lines keep YAML's line ends", () => {
  expect(loadFixture("multi-line.yaml").apps.map(scriptOf)).toEqual([
    "echo 1 && echo 2\necho 3\n",
    "echo 4\necho 5\n",
    "echo 6 && echo 7",
  ]);
});

test("disable_env_expansion leaves every dollar to the shell", () => {
  expect(loadFixture("no-expansion.yaml").apps.map(scriptOf)).toEqual([
    'for x in "${names[@]}"; do echo ${x%%.*} $$; done',
  ]);
});

test("all known keys are accepted, and those without effect are told in one warning", () => {
  const { project, warnings } = tryFixture(["everything-accepted.yaml"]);
  expect(project.name).toBe("accepted");
  expect(edgesOf(project)).toEqual(["user > my_odd___name:service_started"]);
  expect(appOf(project, "my_odd___name")).toMatchObject({
    command: { script: "false" },
    environment: { PC_PROC_NAME: "my odd / name" },
    restart: { when: "always" },
  });
  expect(warnings).toEqual([
    'everything-accepted.yaml:18:3: the process "my odd / name" is called my_odd___name here',
    "everything-accepted.yaml:5:1: these keys have no effect here: log_level, log_length, log_configuration, " +
      "log_format, is_tty, disable_ansi_colors, truncate_log, monitor_for, monitor_silence_threshold",
  ]);
});

test("a later file is laid over an earlier one", () => {
  const project = loadFixture("override-base.yaml", "override-top.yaml");
  const app = appOf(project, "app");
  expect(app).toMatchObject({
    command: { script: "echo base" },
    disabled: false,
    environment: { A: "base", B: "top", C: "3", URL: "x=y" },
    namespaces: ["c"],
    restart: { when: "never", backoff: { initialMs: 9000 } },
    readiness: { intervalMs: 3000, action: { command: { script: "true" } } },
  });
  expect(edgesOf(project)).toEqual(["app > db:service_started", "app > new:service_started"]);
  expect(scriptOf(appOf(project, "new"))).toBe("echo top");
});
