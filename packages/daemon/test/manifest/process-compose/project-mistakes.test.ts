// biome-ignore-all lint/suspicious/noTemplateCurlyInString: what looks like a template here is the format's own
import { describe, expect, test } from "vitest";
import { appOf, appWith, edgesOf, loadText, tryText } from "./load-fixture.ts";

describe("a project is refused for", () => {
  test.each<[string, string, string]>([
    [
      "an unknown key",
      "proceses: {}\nprocesses: { a: { command: x } }",
      'pc.yaml:1:1: proceses: unknown key (did you mean "processes"?)',
    ],
    [
      "an MCP server",
      "mcp_server: {}\nprocesses: { a: { command: x } }",
      "pc.yaml:1:1: mcp_server is not supported",
    ],
    ["no processes", "version: 1", 'pc.yaml:1:1: the file has no "processes" (name at least one process)'],
    [
      "an empty list of them",
      "processes:",
      'pc.yaml:1:1: the file has no "processes" (name at least one process)',
    ],
    ["an empty file", "", "pc.yaml:1:1: the file is empty"],
    ["a file that is a list", "- a", "pc.yaml:1:1: the file must be a map, found a list"],
    [
      "a name that comes twice",
      "processes:\n  a: { command: x }\n  a: { command: y }",
      'pc.yaml:3:3: the key "a" is here a second time; the first is at pc.yaml:2:3',
    ],
    [
      "a shell that is not there",
      "processes: { a: { command: x } }\nshell: { shell_command: fish }",
      "pc.yaml:2:10: processes: x",
    ],
    [
      "a variable that is never closed",
      "processes:\n  a: { command: 'x ${OPEN' }",
      'pc.yaml:2:20: "${OPEN\' }" is no variable that can be substituted (write $$ for a $ that is meant for the shell)',
    ],
    [
      "a bash array in the text",
      "processes:\n  a:\n    command: echo ${names[@]}",
      'pc.yaml:3:19: "${names[@]}" is no variable that can be substituted (write $$ for a $ that is meant for the shell)',
    ],
    [
      "a file it extends that is not there",
      "extends: other.yaml\nprocesses: { a: { command: x } }",
      'pc.yaml:1:10: extends "other.yaml", which does not exist',
    ],
    [
      "extending itself",
      "extends: ./pc.yaml\nprocesses: { a: { command: x } }",
      'pc.yaml:1:10: extends "./pc.yaml", which is read already',
    ],
  ])("%s", (_, text, problem) => {
    const { problems } = tryText(text);
    if (problem.endsWith("processes: x")) {
      expect(problems).toEqual(['pc.yaml:2:10: shell.shell_command: there is no program "fish" on the path']);
    } else {
      expect(problems).toEqual([problem]);
    }
  });
});

test("files that extend each other are refused where the circle closes", () => {
  const files = {
    "/app/b.yaml": "extends: c.yaml\nprocesses:",
    "/app/c.yaml": "processes:\nextends: b.yaml",
  };
  expect(tryText("extends: b.yaml\nprocesses: { a: { command: x } }", { files }).problems).toEqual([
    'c.yaml:2:10: extends "b.yaml", which is read already',
  ]);
});

test("places are told in the text as written, whatever was substituted before them", () => {
  const text = "processes:\n  ${NAME}: { command: '${LONG} $$', oops: ${LONG}, extends: none }\n";
  const { problems } = tryText(text, { env: { NAME: "a", LONG: "much\\nlonger than its name" } });
  expect(problems).toEqual([
    'pc.yaml:2:61: process "a" extends an unknown process "none"',
    "pc.yaml:2:37: processes.a.oops: unknown key",
  ]);
});

test("a value of several lines does not move what comes after it", () => {
  const text = 'processes:\n  a: { command: "${LINES}" }\n  b: { command: x, oops: 1 }\n';
  expect(tryText(text, { env: { LINES: "1\n    2\n    3" } }).problems).toEqual([
    "pc.yaml:3:20: processes.b.oops: unknown key",
  ]);
});

test("what a value brings in is told at the place of its variable", () => {
  const text = "processes:\n  a: { command: x, ${MORE}, last: 1 }\n";
  expect(tryText(text, { env: { MORE: "replicas: 1, disabled: false, oops: 1" } }).problems).toEqual([
    "pc.yaml:2:20: processes.a.oops: unknown key",
    "pc.yaml:2:29: processes.a.last: unknown key",
  ]);
});

test("a chain of more than a hundred that extend each other is refused", () => {
  const processes = Array.from(
    { length: 150 },
    (_, index) => `  p${index}: { extends: p${index + 1}, command: x }`,
  );
  const { problems } = tryText(`processes:\n${processes.join("\n")}\n  p150: { command: x }`);
  expect(problems).toEqual(['pc.yaml:102:20: process "p100" is one of more than 100 that extend each other']);
});

test("a project that a few lines make too large is refused at once", () => {
  const processes = Array.from({ length: 200 }, (_, index) => `  p${index}: { command: x, replicas: 1000 }`);
  expect(tryText(`processes:\n${processes.join("\n")}`).problems).toEqual([
    "pc.yaml:12:3: the project becomes more than 10000 apps or 2000000 variables of theirs",
  ]);
  const variables = Array.from({ length: 5000 }, (_, index) => `V${index}=1`);
  const text = `environment: [${variables}]\nprocesses: { a: { command: x, replicas: 1000 } }`;
  expect(tryText(text).problems).toEqual([
    "pc.yaml:2:14: the project becomes more than 10000 apps or 2000000 variables of theirs",
  ]);
});

test("what a thousand processes inherit from a large one is refused at once", () => {
  const large = `args: [${Array.from({ length: 2000 }, () => "a")}]`;
  const heirs = Array.from({ length: 1000 }, (_, index) => `  p${index}: { extends: large }`);
  expect(tryText(`processes:\n  large: { command: x, ${large} }\n${heirs.join("\n")}`).problems).toContain(
    "pc.yaml:2:3: what processes inherit becomes more than 1000000 values",
  );
});

test("bad YAML is told at its place", () => {
  const { problems } = tryText("processes:\n  a: { command: '${X}' \n  b: [\n", { env: { X: "long value" } });
  expect(problems[0]).toMatch(/^pc\.yaml:3:\d+: not valid YAML/);
});

describe("what is doubtful is warned of", () => {
  test.each<[string, string, string]>([
    [
      "a variable without a value",
      "description: '{{.WHO}}'",
      "pc.yaml:2:39: processes.web.description: {{.WHO}} has no value (it is left as it was written)",
    ],
    [
      "a command beside an entrypoint",
      "entrypoint: [ls]",
      "pc.yaml:2:26: processes.web has a command and an entrypoint: the command is used",
    ],
    [
      "concurrent runs",
      "schedule: { interval: 1s, max_concurrent: 2 }",
      "pc.yaml:2:26: processes.web.schedule.max_concurrent: a run that is due while the last one goes on is left out",
    ],
    [
      "a foreground that there is none of",
      "is_foreground: true",
      "pc.yaml:2:26: processes.web.is_foreground: there is no foreground here; the process is only started by name",
    ],
  ])("%s", (_, process, warning) => {
    expect(tryText(`processes:\n  web: { command: serve, ${process} }\n`)).toMatchObject({
      problems: [],
      warnings: [warning],
    });
  });
});

test("a schedule with replicas is warned of, and refused where the project is strict", () => {
  const text = "processes: { a: { command: x, replicas: 2, schedule: { interval: 1s } } }\n";
  const message = "pc.yaml:1:44: processes.a: a process with a schedule has one replica";
  expect(tryText(text)).toMatchObject({ problems: [], warnings: [message] });
  expect(tryText(`${text}is_strict: true`).problems).toEqual([message]);
});

test("without bash commands run in /bin/sh, with a warning", () => {
  const { project, warnings } = tryText("processes: { a: { command: x } }", { env: { PATH: "/none" } });
  expect(appOf(project, "a").command).toMatchObject({ shell: ["/bin/sh", "-c"] });
  expect(warnings).toEqual(['there is no program "bash" on the path (commands run in /bin/sh)']);
});

test("keys that begin with x- are free at every level", () => {
  const app = appWith(
    "x-a: 1, availability: { x-b: 2 }, readiness_probe: { x-c: 3, exec: { command: x, x-d: 4 } }",
  );
  expect(app.name).toBe("web");
});

test("ordered_shutdown: false stops all at once", () => {
  const text = "ordered_shutdown: false\nprocesses: { a: { command: x } }";
  expect(loadText(text).orderedStop).toBe(false);
  expect(loadText("processes: { a: { command: x } }").orderedStop).toBe(true);
  expect(edgesOf(loadText(text))).toEqual([]);
});
