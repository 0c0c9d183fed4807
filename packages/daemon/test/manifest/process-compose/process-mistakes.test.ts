// biome-ignore-all lint/suspicious/noTemplateCurlyInString: what looks like a template here is the format's own
import { describe, expect, test } from "vitest";
import { problemsWith, tryText } from "./load-fixture.ts";

describe("a process is refused, by its place, for", () => {
  test.each<[string, string, string]>([
    [
      "an unknown key",
      "comand: x",
      'pc.yaml:2:26: processes.web.comand: unknown key (did you mean "command"?)',
    ],
    ["an unknown key with no like", "zzzzz: x", "pc.yaml:2:26: processes.web.zzzzz: unknown key"],
    [
      "a terminal",
      "is_interactive: true",
      "pc.yaml:2:26: processes.web.is_interactive is not supported (programs have no terminal here)",
    ],
    [
      "root",
      "is_elevated: yes",
      "pc.yaml:2:26: processes.web.is_elevated is not supported (programs run as the user who runs the daemon)",
    ],
    ["an MCP tool", "mcp: { type: tool }", "pc.yaml:2:26: processes.web.mcp is not supported"],
    ["watching files", "watch: { paths: [] }", "pc.yaml:2:26: processes.web.watch is not supported"],
    [
      "keys sent to stop it",
      "shutdown: { send_keys: q }",
      "pc.yaml:2:38: processes.web.shutdown.send_keys is not supported (programs have no terminal here; use signal or command)",
    ],
    [
      "an unknown restart policy",
      "availability: { restart: on-failure }",
      'pc.yaml:2:51: processes.web.availability.restart must be one of no, always, on_failure, exit_on_failure, found the text "on-failure" (did you mean "on_failure"?)',
    ],
    [
      "a list of dependencies",
      "depends_on: [db]",
      "pc.yaml:2:38: processes.web.depends_on must be a map, found a list",
    ],
    [
      "a text for a number",
      "replicas: many",
      'pc.yaml:2:36: processes.web.replicas must be a whole number, found the text "many"',
    ],
    [
      "too many replicas",
      "replicas: 5000",
      "pc.yaml:2:36: processes.web.replicas must be at most 1000, found the number 5000",
    ],
    [
      "a text for a truth value",
      "disabled: maybe",
      'pc.yaml:2:36: processes.web.disabled must be true or false, found the text "maybe"',
    ],
    [
      "a text that neither disables nor enables",
      "is_disabled: 'yes'",
      'pc.yaml:2:39: processes.web.is_disabled must be one of true, false, found the text "yes"',
    ],
    [
      "a list for a text",
      "working_dir: [a]",
      "pc.yaml:2:39: processes.web.working_dir must be a text, found a list",
    ],
    [
      "an environment of numbers",
      "environment: 5",
      "pc.yaml:2:39: processes.web.environment must be a map, found the number 5",
    ],
    [
      "a nested environment",
      "environment: [[A=1]]",
      "pc.yaml:2:40: processes.web.environment[0] must be NAME=value, found a list",
    ],
    [
      "a variable without a name",
      'environment: ["=1"]',
      "pc.yaml:2:40: processes.web.environment[0] has no name before the =",
    ],
    [
      "an env file that is not there",
      "env_file: none.env",
      "pc.yaml:2:26: processes.web.env_file: the env file none.env does not exist",
    ],
    [
      "an exit code out of range",
      "success_exit_codes: [256]",
      'pc.yaml:2:26: processes.web.success_exit_codes: an exit code is from 0 to 255, found "256"',
    ],
    [
      "a probe that asks nothing",
      "readiness_probe: { period_seconds: 1 }",
      'pc.yaml:2:43: processes.web.readiness_probe has no "exec" (a probe needs exec or http_get)',
    ],
    [
      "a probe without a command",
      "liveness_probe: { exec: {} }",
      'pc.yaml:2:50: processes.web.liveness_probe.exec has no "command"',
    ],
    [
      "an unknown key of a probe",
      "readiness_probe: { exec: { command: x }, period_second: 1 }",
      'pc.yaml:2:67: processes.web.readiness_probe.period_second: unknown key (did you mean "period_seconds"?)',
    ],
    [
      "a port out of range",
      "readiness_probe: { http_get: { port: 99999 } }",
      "pc.yaml:2:63: processes.web.readiness_probe.http_get.port must be at most 65535, found the number 99999",
    ],
    [
      "an unknown scheme",
      "readiness_probe: { http_get: { scheme: ftp } }",
      'pc.yaml:2:57: processes.web.readiness_probe.http_get.scheme: must be http or https, found "ftp"',
    ],
    [
      "a host that is none",
      'readiness_probe: { http_get: { host: "a b" } }',
      'pc.yaml:2:57: processes.web.readiness_probe.http_get.host: "http://a b/" is no address',
    ],
    [
      "two ways of being ready",
      "ready_log_line: up, readiness_probe: { exec: { command: x } }",
      "pc.yaml:2:26: processes.web.ready_log_line: is not possible together with a readiness_probe",
    ],
    [
      "a cron expression of six fields",
      'schedule: { cron: "* * * * * *" }',
      'pc.yaml:2:38: processes.web.schedule.cron: "* * * * * *" is no cron expression of five fields',
    ],
    [
      "a cron expression out of range",
      'schedule: { cron: "61 * * * *" }',
      'pc.yaml:2:38: processes.web.schedule.cron: "61 * * * *" is no cron expression of five fields',
    ],
    [
      "an interval that is none",
      "schedule: { interval: often }",
      'pc.yaml:2:38: processes.web.schedule.interval: "often" is no duration such as "30s" or "1h30m"',
    ],
    [
      "an empty schedule",
      "schedule: {}",
      'pc.yaml:2:36: processes.web.schedule has no "cron" (a schedule needs cron or interval)',
    ],
    [
      "an unknown time zone",
      'schedule: { cron: "@daily", timezone: Mars/Base }',
      'pc.yaml:2:54: processes.web.schedule.timezone: "Mars/Base" is no time zone',
    ],
    [
      "extending nobody",
      "extends: wob",
      'pc.yaml:2:35: process "web" extends an unknown process "wob" (did you mean "web"?)',
    ],
    ["extending itself", "extends: web", "pc.yaml:2:35: processes extend each other: web → web"],
    ["waiting for itself", "depends_on: { web: {} }", 'pc.yaml:2:40: process "web" depends on itself'],
    [
      "a template loop",
      'description: "{{range .A}}{{end}}"',
      'pc.yaml:2:39: processes.web.description: "range" is not supported in a template (write {{ "{{" }} for braces that are meant as they are, or set is_template_disabled: true)',
    ],
  ])("%s", (_, process, problem) => {
    expect(problemsWith(process)).toEqual([problem]);
  });

  test("having no command", () => {
    expect(tryText("processes:\n  web:\n  api: { command: '  ' }\n").problems).toEqual([
      "pc.yaml:2:3: processes.web has no command",
      "pc.yaml:3:8: processes.api has no command",
    ]);
  });

  test("being no map", () => {
    expect(tryText("processes:\n  web: serve\n").problems).toEqual([
      'pc.yaml:2:8: processes.web must be a map, found the text "serve"',
    ]);
  });

  test("having the name of another one here", () => {
    const text = "processes:\n  a b: { command: x }\n  a_b: { command: x }\n";
    expect(tryText(text).problems).toEqual(['pc.yaml:3:3: the processes "a b" and "a_b" have one name here']);
  });
});

describe("a dependency is refused", () => {
  const web = (condition: string): string =>
    `processes:\n  web: { command: x, depends_on: { db: { condition: ${condition} } } }\n`;

  test.each([
    [
      "on a process that is not there",
      "  dc: { command: x }",
      "process_started",
      'process "web" depends on an unknown process "db" (did you mean "dc"?)',
    ],
    [
      "on the health of one without a probe",
      "  db: { command: x }",
      "process_healthy",
      'process "web" waits for "db" to be healthy, which has no probe',
    ],
    [
      "on a line that nobody defined",
      "  db: { command: x }",
      "process_log_ready",
      'process "web" waits for "db" to be ready, which has no ready_log_line',
    ],
  ])("%s", (_, other, condition, problem) => {
    expect(tryText(web(condition) + other).problems).toEqual([`pc.yaml:2:36: ${problem}`]);
  });

  test("with a condition that there is none of", () => {
    expect(tryText(`${web("healthy")}  db: { command: x }`).problems).toEqual([
      "pc.yaml:2:53: processes.web.depends_on.db.condition must be one of process_started, process_healthy, " +
        'process_completed, process_completed_successfully, process_log_ready, found the text "healthy"',
    ]);
  });

  test("on a disabled process where the project is strict, and else told", () => {
    const text = `${web("process_started")}  db: { command: x, disabled: true }\n`;
    const message = 'pc.yaml:2:36: process "web" waits for "db", which is disabled';
    expect(tryText(text)).toMatchObject({ problems: [], warnings: [message] });
    expect(tryText(`${text}is_strict: true\n`)).toMatchObject({ problems: [message], warnings: [] });
  });

  test("on a single replica that there is none of", () => {
    const text =
      "processes:\n  web: { command: x, depends_on: { w-2: {} } }\n  w: { command: x, replicas: 2 }\n";
    expect(tryText(text).problems).toEqual([
      'pc.yaml:2:36: process "web" depends on an unknown process "w-2" (did you mean "w-0"?)',
    ]);
  });
});
