import { describe, expect, test } from "vitest";
import type { AppSpec } from "../../../src/spec/app-spec.ts";
import { load, problemsOf, web } from "../project.ts";

const run = "command: run";
const app = (...lines: readonly string[]): AppSpec | undefined => load(web(run, ...lines)).apps["web"];
const backoff = { initialMs: 100, factor: 2, maxMs: 30_000, resetAfterMs: 10_000 };

describe("restart", () => {
  test.each<[string, unknown]>([
    ["x-none: 1", { when: "never", backoff }],
    ['restart: "no"', { when: "never", backoff }],
    ["restart: no", { when: "never", backoff }],
    ["restart: always", { when: "always", backoff }],
    ["restart: unless-stopped", { when: "always", backoff }],
    ["restart: on-failure", { when: "on-failure", backoff }],
    ["restart: on-failure:5", { when: "on-failure", maxRestarts: 5, backoff }],
    ["restart: on-failure:0", { when: "on-failure", backoff }],
    ["deploy: {restart_policy: {}}", { when: "always", backoff }],
    ["deploy: {restart_policy: {condition: none}}", { when: "never", backoff }],
    [
      "deploy: {restart_policy: {condition: on-failure, delay: 5s, max_attempts: 3, window: 2m}}",
      {
        when: "on-failure",
        maxRestarts: 3,
        windowMs: 120_000,
        backoff: { initialMs: 5000, maxMs: 5000, factor: 1, resetAfterMs: 10_000 },
      },
    ],
    [
      "deploy: {restart_policy: {delay: 0s}}",
      { when: "always", backoff: { ...backoff, promptAfterMs: 1_000 } },
    ],
    ["restart: always\n    deploy: {restart_policy: {condition: none}}", { when: "never", backoff }],
  ])("%s", (line, policy) => {
    expect(app(line)?.restart).toEqual(policy);
  });
});

describe("number, stop, user, labels, log", () => {
  test("what is assumed", () => {
    expect(app()).toMatchObject({
      project: "project",
      name: "web",
      source: { file: "holdfast.yaml", line: 2, column: 3 },
      runner: { kind: "process" },
      workingDir: "/project",
      replicas: 1,
      replicaVariables: [{ name: "HOLDFAST_INSTANCE", base: 1 }],
      stop: { signal: "SIGTERM", graceMs: 10_000, leaderOnly: false },
      ports: [],
      dependsOn: {},
      labels: {},
      namespaces: [],
      successExitCodes: [],
      disabled: false,
      forks: false,
      endsProject: "never",
    });
    for (const key of ["user", "description", "logFile", "schedule", "healthcheck"])
      expect(app()).not.toHaveProperty(key);
  });

  test.each<[string, Partial<AppSpec>]>([
    ["scale: 3", { replicas: 3 }],
    ["deploy: {replicas: 0}", { replicas: 0 }],
    ["deploy: {mode: replicated, replicas: '2'}\n    scale: 2", { replicas: 2 }],
    ["stop_signal: SIGINT", { stop: { signal: "SIGINT", graceMs: 10_000, leaderOnly: false } }],
    ["stop_signal: usr1", { stop: { signal: "SIGUSR1", graceMs: 10_000, leaderOnly: false } }],
    [
      "stop_signal: 15\n    stop_grace_period: 1m",
      { stop: { signal: "SIGTERM", graceMs: 60_000, leaderOnly: false } },
    ],
    ["stop_grace_period: 0s", { stop: { signal: "SIGTERM", graceMs: 0, leaderOnly: false } }],
    ["user: 1000:100", { user: "1000:100" }],
    ["user: 1000", { user: "1000" }],
    ["description: The web", { description: "The web" }],
    ["working_dir: sub/dir", { workingDir: "/project/sub/dir" }],
    ["working_dir: /abs", { workingDir: "/abs" }],
    ["log: out/web.log", { logFile: "/project/out/web.log" }],
    ["log: {file: web.log}", { logFile: "/project/web.log" }],
    ["log: {max_size: 16m}", { logKeep: { maxBytes: 16_777_216 } }],
    ["log: {max_size: 1.5GiB, max_age: 7d}", { logKeep: { maxBytes: 1_610_612_736, maxAgeMs: 604_800_000 } }],
    ["log: {file: web.log, max_age: 1h}", { logFile: "/project/web.log", logKeep: { maxAgeMs: 3_600_000 } }],
    ["log: {split: true}", { logSplit: true }],
    [
      "log: {split: true, max_size: 1m, file: a.log}",
      { logSplit: true, logFile: "/project/a.log", logKeep: { maxBytes: 1_048_576 } },
    ],
    ["log: {split: false}", {}],
    ["logging: {driver: json-file}", {}],
    ["logging: {options: {max-size: 10m, max-file: '3'}}", { logKeep: { maxBytes: 31_457_280 } }],
    [
      "logging: {driver: local, options: {max-size: 1k, compress: 'true'}}",
      { logKeep: { maxBytes: 65_536 } },
    ],
    ["logging: {options: {max-size: '-1', max-file: 2}}", {}],
    [
      "logging: {options: {max-size: 10m}}\n    log: {max_size: 20mb, max_age: 1m}",
      { logKeep: { maxBytes: 20_971_520, maxAgeMs: 60_000 } },
    ],
    ["labels: {a: 1, b: x}", { labels: { a: "1", b: "x" } }],
    ["labels: [a=1, b]\n    deploy: {labels: {c: d}}", { labels: { a: "1", b: "", c: "d" } }],
    ["x-anything: {goes: [1]}", {}],
  ])("%s", (line, expected) => {
    expect(app(line)).toMatchObject(expected);
  });

  test("the user's home is ~ in a path", () => {
    expect(load(web(run, "working_dir: ~/app"), { env: { HOME: "/home/u" } }).apps["web"]?.workingDir).toBe(
      "/home/u/app",
    );
  });
});

describe("schedule", () => {
  test.each<[string, unknown]>([
    ['schedule: "*/5 * * * *"', { cron: "*/5 * * * *", immediate: false }],
    ['schedule: "*/10 * * * * *"', { cron: "*/10 * * * * *", immediate: false }],
    ['schedule: "@hourly"', { cron: "@hourly", immediate: false }],
    [
      "schedule: {cron: '@hourly', overlap: queue, missed: run-once}",
      { cron: "@hourly", immediate: false, overlap: "queue", missed: "run-once" },
    ],
    ["schedule: {cron: '@hourly', overlap: skip, missed: skip}", { cron: "@hourly", immediate: false }],
    ["schedule: {every: 1s, overlap: replace}", { everyMs: 1_000, immediate: false, overlap: "replace" }],
    ["schedule: {every: 30s}", { everyMs: 30_000, immediate: false }],
    [
      "schedule: {cron: 0 3 * * MON, time_zone: Europe/Berlin, immediate: true}",
      { cron: "0 3 * * MON", timeZone: "Europe/Berlin", immediate: true },
    ],
  ])("%s", (line, expected) => {
    expect(app(line)?.schedule).toEqual(expected);
  });
});

describe("depends_on", () => {
  const manifest = (text: string) =>
    `services:\n  web:\n    command: run\n    depends_on: ${text}\n  db:\n    command: run\n    readiness: {tcp: 1}\n  job: {command: run, readiness: {log: up}}\n`;
  const started = { condition: "service_started", required: true, restart: false };

  test("a list means started, and a map says the condition", () => {
    expect(load(manifest("[db, job]")).apps["web"]?.dependsOn).toEqual({ db: started, job: started });
    const text =
      "{db: {condition: service_healthy, restart: true}, job: {condition: service_completed_successfully, required: false}}";
    expect(load(manifest(text)).apps["web"]?.dependsOn).toEqual({
      db: { condition: "service_healthy", required: true, restart: true },
      job: { condition: "service_completed_successfully", required: false, restart: false },
    });
    expect(
      problemsOf(manifest("{db: {condition: service_completed}, job: {condition: service_log_ready}}")),
    ).toEqual([]);
  });

  test.each([
    ["[dbb]", '4:18: service "web" depends on an unknown service "dbb" (did you mean "db"?)'],
    ["[web]", '4:18: service "web" depends on itself'],
    [
      "{db: {condition: healthy}}",
      '4:34: services.web.depends_on.db.condition must be one of service_started, service_healthy, service_completed_successfully, service_completed, service_log_ready, found the text "healthy"',
    ],
    [
      "{db: {conditon: service_started}}",
      '4:23: services.web.depends_on.db.conditon: unknown key (did you mean "condition"?)',
    ],
    [
      "db",
      '4:17: services.web.depends_on must be a list of services or a map of conditions, found the text "db"',
    ],
    ["{job: {condition: service_healthy}, db: }", ""],
    [
      "{db: {condition: service_log_ready}}",
      '4:18: service "web" depends on "db" being log ready, and it has no readiness with a log line',
    ],
  ])("%s", (text, problem) => {
    expect(problemsOf(manifest(text))).toEqual(problem === "" ? [] : [`holdfast.yaml:${problem}`]);
  });

  test("an unknown dependency that is not required is none", () => {
    expect(problemsOf(manifest("{later: {required: false}}"))).toEqual([]);
  });

  test("waiting for the health of what has no healthcheck is a mistake", () => {
    const text =
      "services:\n  a:\n    command: run\n    depends_on: {b: {condition: service_healthy}}\n  b: {command: run}\n";
    expect(problemsOf(text)).toEqual([
      'holdfast.yaml:4:18: service "a" depends on "b" being healthy, and it has no healthcheck',
    ]);
  });

  test("a cycle is printed", () => {
    const text =
      "services:\n  a: {command: x, depends_on: [b]}\n  b: {command: x, depends_on: [c]}\n  c: {command: x, depends_on: [a]}\n";
    expect(problemsOf(text)).toEqual(["holdfast.yaml:2:32: dependency cycle: a → b → c → a"]);
  });
});

describe("profiles", () => {
  const text =
    "services:\n  a: {command: x}\n  b: {command: x, profiles: [dev, test]}\n  c: {command: x, profiles: [prod]}\n";
  const on = (loaded: ReturnType<typeof load>): string =>
    loaded.spec.apps
      .filter((each) => !each.disabled)
      .map((each) => each.name)
      .join("");

  test("a service in profiles is off until one of them is on", () => {
    expect(on(load(text))).toBe("a");
    expect(on(load(text, { profiles: ["dev"] }))).toBe("ab");
    expect(on(load(text, { env: { COMPOSE_PROFILES: "test, prod" } }))).toBe("abc");
    expect(on(load(text, { env: { HOLDFAST_PROFILES: "prod" }, profiles: ["dev"] }))).toBe("abc");
    expect(on(load({ "holdfast.yaml": text, ".env": "COMPOSE_PROFILES=dev\n" }))).toBe("ab");
    expect(on(load(text, { profiles: ["*"] }))).toBe("abc");
  });

  test("nobody who is on may need one who is off", () => {
    const needs = `${text}  d: {command: x, depends_on: [b]}\n`;
    expect(problemsOf(needs)).toEqual([
      'holdfast.yaml:5:32: service "d" depends on "b", which is in no active profile (switch one of its profiles on)',
    ]);
    expect(problemsOf(needs, { profiles: ["dev"] })).toEqual([]);
    const bothOff = `${text}  d: {command: x, depends_on: [b], profiles: [later]}\n`;
    expect(problemsOf(bothOff)).toEqual([]);
  });
});

describe("mistakes", () => {
  test.each([
    [
      "restart: allways",
      '4:14: services.web.restart must be one of no, always, on-failure, on-failure:N, unless-stopped, found the text "allways" (did you mean "always"?)',
    ],
    [
      "restart: on-failure:x",
      '4:14: services.web.restart must be one of no, always, on-failure, on-failure:N, unless-stopped, found the text "on-failure:x" (did you mean "on-failure:N"?)',
    ],
    ["scale: 2\n    deploy: {replicas: 3}", "4:5: services.web.scale: it says 2, and deploy.replicas says 3"],
    ["deploy: {replicas: -1}", "4:24: services.web.deploy.replicas must be at least 0, found the number -1"],
    [
      "deploy: {replicas: many}",
      '4:24: services.web.deploy.replicas must be a whole number, found the text "many"',
    ],
    [
      "deploy: {mode: global}",
      '4:20: services.web.deploy.mode must be one of replicated, found the text "global"',
    ],
    [
      "deploy: {restart_policy: {condition: sometimes}}",
      '4:42: services.web.deploy.restart_policy.condition must be one of none, on-failure, any, found the text "sometimes"',
    ],
    [
      "stop_signal: SIGTREM",
      '4:5: services.web.stop_signal: there is no signal "SIGTREM" (did you mean "SIGTERM"?)',
    ],
    ["stop_signal: 99", '4:5: services.web.stop_signal: there is no signal "99"'],
    [
      "stop_grace_period: soon",
      '4:24: services.web.stop_grace_period must be a duration such as "10s" or "1m30s", found the text "soon"',
    ],
    [
      "schedule: '* * *'",
      '4:5: services.web.schedule: a cron pattern has five or six fields, and "* * *" has 3',
    ],
    [
      "schedule: {every: 1s, cron: '* * * * *'}",
      "4:5: services.web.schedule: it must have either cron or every",
    ],
    ["schedule: {immediate: true}", "4:5: services.web.schedule: it must have either cron or every"],
    [
      "schedule: {every: 1s, missed: run}",
      '4:35: services.web.schedule.missed must be one of skip, run-once, found the text "run" (did you mean "run-once"?)',
    ],
    ["schedule: {every: 0s}", "4:16: services.web.schedule.every: it must be longer than nothing"],
    ["schedule: {cron: '0 0 30 2 *'}", '4:16: services.web.schedule.cron: "0 0 30 2 *" never comes'],
    [
      "schedule: {cron: '* * * * *', time_zone: Mars/Base}",
      '4:35: services.web.schedule.time_zone: there is no time zone "Mars/Base" (such as "Europe/Berlin")',
    ],
    ["log: {}", '4:10: services.web.log has no "file" (or max_size, or max_age, or split)'],
    ["log: {max_size: 10}", "4:11: services.web.log.max_size: it must be at least 64k"],
    [
      "log: {max_size: 10 apples}",
      '4:21: services.web.log.max_size must be a size such as "64m" or "1g", found the text "10 apples"',
    ],
    ["log: {max_age: 1ms}", "4:11: services.web.log.max_age: it must be at least 1s"],
    [
      "logging: {driver: syslog, options: {syslog-address: x}}",
      "4:15: services.web.logging.driver: syslog is not supported (the daemon keeps the output: json-file and local mean that, with max-size and max-file)",
    ],
    [
      "logging: {options: {max-sice: 1m}}",
      '4:25: services.web.logging.options.max-sice: unknown key (did you mean "max-size"?)',
    ],
    [
      "logging: {options: {max-size: lots}}",
      '4:35: services.web.logging.options.max-size must be a size such as "64m" or "1g", found the text "lots"',
    ],
    ["log: {file: x, fil: x}", '4:20: services.web.log.fil: unknown key (did you mean "file"?)'],
    [
      "on_exit: {command: x, when: now}",
      '4:33: services.web.on_exit.when must be one of failure, success, always, found the text "now"',
    ],
    [
      "on_exit: {when: always}",
      '4:14: services.web.on_exit has no "command" (say what to run under "command", or name an "image" for a container)',
    ],
    ["tty: true", "4:5: services.web.tty is not supported (a process has no terminal)"],
    ["init: true", "4:5: services.web.init is not supported (every process has one)"],
    [
      "cap_add: [ALL]",
      "4:5: services.web.cap_add is not supported (it is for containers: a service with an image or a build)",
    ],
    [
      "volumes: [a:/b]",
      "4:5: services.web.volumes is not supported (a process sees the files of the host as they are)",
    ],
    ["comand: x", '4:5: services.web.comand: unknown key (did you mean "command"?)'],
    ["frobnicate: x", "4:5: services.web.frobnicate: unknown key"],
    ["command: again", '4:5: the key "command" is here a second time; the first is at holdfast.yaml:3:5'],
    ["labels: {a: [b]}", "4:17: services.web.labels.a must be a text, found a list"],
    ["profiles: dev", '4:15: services.web.profiles must be a list, found the text "dev"'],
  ])("%s", (line, problem) => {
    expect(problemsOf(web(run, line))).toEqual([`holdfast.yaml:${problem}`]);
  });

  test("a cron pattern's own mistake is passed on", () => {
    expect(problemsOf(web(run, "schedule: '61 * * * *'"))[0]).toMatch(
      /^holdfast\.yaml:4:5: services\.web\.schedule: "61 \* \* \* \*" is no cron pattern: .+/,
    );
  });

  test("several mistakes are all told, in the order of the file", () => {
    expect(
      problemsOf(web("tty: true", "restart: x", run, "scale: x")).map((line) => line.split(":")[1]),
    ).toEqual(["3", "4", "6"]);
  });
});
