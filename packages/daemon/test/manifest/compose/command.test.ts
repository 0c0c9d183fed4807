// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the text under test is full of them
import { describe, expect, test } from "vitest";
import { load, problemsOf, web } from "../project.ts";

function commandOf(...lines: readonly string[]): unknown {
  return load(web(...lines), { env: { PIPE: "a | b", PORT: "80", WORDS: "x y" } }).apps["web"]?.command;
}
const exec = (...argv: readonly string[]) => ({ kind: "exec", argv });
const shell = (script: string, ...argv: readonly string[]) => ({
  kind: "shell",
  script,
  shell: argv.length > 0 ? argv : ["/bin/sh", "-c"],
});

describe("without a shell", () => {
  test.each<[string, unknown]>([
    ["command: node server.js --name 'a b'", exec("node", "server.js", "--name", "a b")],
    ["command: [node, server.js, 8080]", exec("node", "server.js", "8080")],
    ["command: node ${PORT} $PORT", exec("node", "80", "80")],
    ["command: echo ${WORDS}", exec("echo", "x", "y")],
    ["command: echo '$$HOME'", exec("echo", "$HOME")],
    ["command: |\n      node server.js", exec("node", "server.js")],
    [
      "entrypoint: [npm, run]\n    command: start -- --port 1",
      exec("npm", "run", "start", "--", "--port", "1"),
    ],
    ["entrypoint: npm run\n    command: [start]", exec("npm", "run", "start")],
    ["entrypoint: npm start", exec("npm", "start")],
    ["entrypoint: [sh, -c]\n    command: 'echo a | b'", exec("sh", "-c", "echo", "a", "|", "b")],
    ["command: echo a | b\n    shell: false", exec("echo", "a", "|", "b")],
    ["command: ['a | b', '*']", exec("a | b", "*")],
  ])("%s", (lines, expected) => {
    expect(commandOf(lines)).toEqual(expected);
  });

  test("what a variable contains never makes a shell run", () => {
    expect(commandOf("command: echo ${PIPE}")).toEqual(exec("echo", "a", "|", "b"));
  });
});

describe("with a shell", () => {
  test.each<[string, unknown]>([
    ["command: a | b", shell("a | b")],
    ["command: X=1 node a.js", shell("X=1 node a.js")],
    ["command: echo $$HOME", shell("echo $HOME")],
    ["command: |\n      one\n      two\n", shell("one\ntwo")],
    ["command: exec node a.js", shell("exec node a.js")],
    ["command: node a.js\n    shell: true", shell("node a.js")],
    ["command: a b\n    shell: bash", shell("a b", "bash", "-c")],
    ["command: a b\n    shell: bash -lc", shell("a b", "bash", "-lc")],
    ["command: a b\n    shell: [bash, -eu, -c]", shell("a b", "bash", "-eu", "-c")],
    ["entrypoint: a && b", shell("a && b")],
  ])("%s", (lines, expected) => {
    expect(commandOf(lines)).toEqual(expected);
  });
});

describe("a container", () => {
  test("has no shell put between, and may leave its command to the image", () => {
    expect(commandOf("image: x", "command: echo a | b")).toEqual(exec("echo", "a", "|", "b"));
    expect(commandOf("image: x")).toEqual(exec(""));
    expect(load(web("image: x")).apps["web"]?.runner).toEqual({ kind: "container", image: "x" });
    expect(load(web("build: .")).apps["web"]?.runner).toEqual({ kind: "container" });
  });

  test("takes any key that Compose knows, and no other", () => {
    expect(
      problemsOf(web("image: x", "volumes: [a:/b]", "tty: true", "networks: {a: {}}", "init: 1")),
    ).toEqual([]);
    expect(problemsOf(web("image: x", "volums: [a:/b]", "shell: bash"))).toEqual([
      'holdfast.yaml:4:5: services.web.volums: unknown key (did you mean "volumes"?)',
      "holdfast.yaml:5:5: services.web.shell is not supported (the image decides what runs)",
    ]);
  });
});

describe("mistakes", () => {
  test.each([
    [
      "working_dir: /x",
      'holdfast.yaml:2:3: services.web has no "command" (say what to run under "command", or name an "image" for a container)',
    ],
    [
      "command: 5",
      "holdfast.yaml:3:14: services.web.command must be a text or a list of texts, found the number 5",
    ],
    [
      "command: {a: b}",
      "holdfast.yaml:3:14: services.web.command must be a text or a list of texts, found a map",
    ],
    ["command: [[a]]", "holdfast.yaml:3:15: services.web.command[0] must be a text, found a list"],
    ["command: ''", "holdfast.yaml:3:14: services.web.command: the command is empty"],
    [
      "command: []",
      'holdfast.yaml:3:5: services.web.command: the command is empty (say what to run under "command", or name an "image" for a container)',
    ],
    [
      "command: echo 'x",
      "holdfast.yaml:3:14: services.web.command: a single quote is never closed, at character 6",
    ],
    [
      "command: [a]\n    shell: true",
      "holdfast.yaml:4:5: services.web.shell: a shell takes one text, and the command is a list (write the command as one text)",
    ],
    ["command: echo ${X", 'holdfast.yaml:3:14: a "${" is never closed (write $$ for a $)'],
    ["command: echo ${X:?set it}", "holdfast.yaml:3:14: the variable X is required: set it"],
  ])("%s", (lines, problem) => {
    expect(problemsOf(web(lines))).toEqual([problem]);
  });

  test("a service with nothing in it has no command", () => {
    expect(problemsOf("services:\n  web:\n")[0]).toMatch(
      /^holdfast\.yaml:2:3: services\.web has no "command"/,
    );
  });
});
