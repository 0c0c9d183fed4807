import { describe, expect, test } from "vitest";
import { loadProcfile } from "../../../src/manifest/procfile/load-procfile.ts";
import type { AppSpec, ProjectSpec } from "../../../src/spec/app-spec.ts";
import { type InMemoryOptions, inMemoryContext, problemsOf, warningsOf } from "./in-memory-context.ts";

function load(options: InMemoryOptions): ProjectSpec {
  const context = inMemoryContext(options);
  const project = loadProcfile(context.files, context);
  expect(problemsOf(context)).toEqual([]);
  return project;
}

function failuresOf(options: InMemoryOptions): readonly string[] {
  const context = inMemoryContext(options);
  loadProcfile(context.files, context);
  return problemsOf(context);
}

function procfile(text: string, more: Readonly<Record<string, string>> = {}): InMemoryOptions {
  return { files: { "/app/Procfile": text, ...more } };
}

function commandsOf(project: ProjectSpec): readonly (readonly [string, string])[] {
  return project.apps.map((app) => [app.name, app.command.kind === "shell" ? app.command.script : "?"]);
}

function portsOf(project: ProjectSpec): readonly (number | undefined)[] {
  return project.apps.map((app) => app.replicaVariables.find((variable) => variable.name === "PORT")?.base);
}

function firstApp(project: ProjectSpec): AppSpec {
  const app = project.apps[0];
  if (app === undefined) throw new Error("the project has no app");
  return app;
}

describe("the lines of a Procfile", () => {
  test.each<[string, string, readonly (readonly [string, string])[]]>([
    ["a name, a colon, a command", "web: bin/serve\n", [["web", "bin/serve"]]],
    ["no space after the colon", "web:bin/serve", [["web", "bin/serve"]]],
    ["many spaces and tabs", "web: \t  bin/serve --x", [["web", "bin/serve --x"]]],
    ["a colon in the command", "web: run a:b", [["web", "run a:b"]]],
    ["digits, dashes and underscores in a name", "a-1_B: x", [["a-1_B", "x"]]],
    ["comments and blank lines", "# web: no\n\n  \nweb: yes\n", [["web", "yes"]]],
    ["an indented line", "  ghost: x\nweb: y", [["web", "y"]]],
    ["a line without a colon", "ghost x\nweb: y", [["web", "y"]]],
    ["a name with a dot or a space", "a.b: x\nc d: x\nweb: y", [["web", "y"]]],
    [
      "Windows line ends",
      "web: a\r\njob: b\r\n",
      [
        ["web", "a"],
        ["job", "b"],
      ],
    ],
    ["a byte order mark", "\uFEFFweb: a", [["web", "a"]]],
    ["other scripts in a command", "web: echo 日本語", [["web", "echo 日本語"]]],
    ["a hash in a command", "web: echo a # b", [["web", "echo a # b"]]],
  ])("reads %s", (_, text, expected) => {
    expect(commandsOf(load(procfile(text)))).toEqual(expected);
  });

  test("keeps the order of the file and the place of each line", () => {
    const project = load(procfile("# one\nb: 1\na: 2\n"));
    expect(project.apps.map((app) => [app.name, app.source])).toEqual([
      ["b", { file: "Procfile", line: 2, column: 1 }],
      ["a", { file: "Procfile", line: 3, column: 1 }],
    ]);
  });

  test.each([
    ["without a colon anywhere", "ticker ./ticker $PORT\nerror ./error", 1, "a colon must follow the name"],
    ["that is empty", "", 1, "the file is empty"],
    ["of comments alone", "# a\n\n# b: c\n", 1, "the file is empty"],
    ["whose first entry is indented", "# a\n  web: b", 2, "a colon must follow the name"],
  ])("refuses a file %s", (_, text, line, hint) => {
    expect(failuresOf(procfile(text))).toEqual([
      `Procfile:${line}:1: no line has the form "name: command" (${hint})`,
    ]);
  });

  test("refuses a name that comes twice and tells both lines", () => {
    expect(failuresOf(procfile("web: a\njob: b\nweb: c\n"))).toEqual([
      'Procfile:3:1: the process "web" is here a second time; the first is at Procfile:1:1',
    ]);
  });

  test("refuses a name that two files have", () => {
    const failures = failuresOf({
      files: { "/app/Procfile": "web: a", "/app/more/Procfile": "x: 1\nweb: b" },
      manifests: ["/app/Procfile", "/app/more/Procfile"],
    });
    expect(failures).toEqual([
      'more/Procfile:2:1: the process "web" is here a second time; the first is at Procfile:1:1',
    ]);
  });

  test.each(["web:", "web:   ", "web:\t"])("refuses %j, which names no command", (text) => {
    expect(failuresOf(procfile(`a: b\n${text}\n`))).toEqual([
      'Procfile:2:1: the process "web" has no command',
    ]);
  });

  test("refuses a name no app can have", () => {
    expect(failuresOf(procfile(`-x: a\n${"n".repeat(64)}: b`))).toHaveLength(2);
  });
});

describe("ports", () => {
  test("are a hundred apart in the order of the file, from 5000", () => {
    expect(portsOf(load(procfile("a: 1\n# not: counted\nb: 2\nc: 3")))).toEqual([5000, 5100, 5200]);
  });

  test.each<[string, Readonly<Record<string, string>>, Readonly<Record<string, string>>, number]>([
    ["the caller", { PORT: "7000" }, {}, 7000],
    [".env before the caller", { PORT: "7000" }, { "/app/.env": "PORT=8000" }, 8000],
    [
      ".foreman before all",
      { PORT: "7000" },
      { "/app/.env": "PORT=8000", "/app/.foreman": "port: 9000" },
      9000,
    ],
    ["nobody when PORT is empty", { PORT: "" }, {}, 5000],
  ])("begin where %s says", (_, env, files, first) => {
    expect(portsOf(load({ ...procfile("a: 1\nb: 2", files), env }))).toEqual([first, first + 100]);
  });

  test("go on over the second file", () => {
    const project = load({
      files: { "/app/Procfile": "a: 1", "/app/Other": "b: 2" },
      manifests: ["/app/Procfile", "/app/Other"],
    });
    expect(portsOf(project)).toEqual([5000, 5100]);
  });

  test.each(["http", "0", "70000", "5000.5", "-1"])("refuse PORT=%s", (port) => {
    expect(failuresOf({ ...procfile("a: 1"), env: { PORT: port } })).toEqual([
      `PORT must be a port number, found "${port}"`,
    ]);
  });
});

test("a port that there is none of is refused at the process that would get it", () => {
  const options = procfile("a: 1\nb: 2\nc: 3", { "/app/.foreman": "port: 65400" });
  expect(failuresOf(options)).toEqual([
    'Procfile:3:1: the process "c" would get the PORT 65600, and the highest is 65535 (PORT begins at 65400)',
  ]);
});

describe("the environment", () => {
  test("is the caller's without the daemon's own, with .env over it", () => {
    const project = load({
      ...procfile("web: x", { "/app/.env": "COLOR=red\nNEW=1" }),
      env: { COLOR: "blue", HOME: "/home/me", HOLDFAST_HOME: "/secret" },
    });
    expect(firstApp(project).environment).toEqual({ COLOR: "red", HOME: "/home/me", NEW: "1" });
  });

  test("names each instance in PS, counted from 1", () => {
    expect(firstApp(load(procfile("web: x"))).replicaVariables).toContainEqual({
      name: "PS",
      base: 1,
      prefix: "web.",
    });
  });
});

describe("a .foreman file", () => {
  test("gives counts: who is not named does not run", () => {
    const project = load(procfile("web: a\njob: b\nidle: c", { "/app/.foreman": "formation: web=3, job=0" }));
    expect(project.apps.map(({ name, replicas, disabled }) => [name, replicas, disabled])).toEqual([
      ["web", 3, false],
      ["job", 1, true],
      ["idle", 1, true],
    ]);
  });

  test.each([
    ["formation: all=2,job=1", [2, 1]],
    ["concurrency: web=4,all=1", [4, 1]],
    ["color: true", [1, 1]],
    ["", [1, 1]],
  ])("with %j gives the counts %j", (text, counts) => {
    const project = load(procfile("web: a\njob: b", { "/app/.foreman": text }));
    expect(project.apps.map((app) => app.replicas)).toEqual(counts);
  });

  test("gives the directory, the env files and the timeout", () => {
    const project = load(
      procfile("web: a", {
        "/app/.foreman": "root: sub\nenv: one.env,two.env\ntimeout: 12\n",
        "/app/one.env": "A=1\nB=1",
        "/app/two.env": "B=2",
        "/app/.env": "C=3",
        "/app/sub/.env": "D=4",
      }),
    );
    const { workingDir, environment, stop } = firstApp(project);
    expect({ workingDir, environment, stop }).toEqual({
      workingDir: "/app/sub",
      environment: { A: "1", B: "2" },
      stop: { signal: "SIGTERM", graceMs: 12_000, leaderOnly: false },
    });
    expect(project.directory).toBe("/app");
  });

  test("with a root takes the .env of that directory", () => {
    const files = { "/app/.foreman": "root: sub", "/app/.env": "A=1", "/app/sub/.env": "A=2" };
    expect(firstApp(load(procfile("web: a", files))).environment).toEqual({ A: "2" });
  });

  test.each([
    ["env: none.env", ".foreman:1:1: the env file none.env does not exist"],
    ["formation: web", '.foreman:1:1: formation: "web" is not of the form name=count'],
    ["port: high", '.foreman:1:7: port must be a whole number, found the text "high"'],
    ["prot: 1", '.foreman:1:1: prot: unknown key (did you mean "port"?)'],
    ["- a", ".foreman:1:1: .foreman must be a map of options, found a list"],
  ])("with %j is refused", (text, problem) => {
    expect(failuresOf(procfile("web: a", { "/app/.foreman": text }))).toEqual([problem]);
  });

  test("that names processes or Procfiles that are not there is warned of", () => {
    const context = inMemoryContext(
      procfile("web: a", { "/app/.foreman": "formation: wbe=2\nprocfile: Procfile.dev" }),
    );
    loadProcfile(context.files, context);
    expect(warningsOf(context)).toEqual([
      '.foreman:2:1: .foreman names "Procfile.dev", and is not asked for a Procfile (say -f Procfile.dev)',
      'the formation in .foreman names "wbe", which is no process',
    ]);
  });
});

test("every process runs through the shell in the Procfile's directory and is restarted when it fails", () => {
  const project = load({
    files: { "/srv/shop/Procfile": "web: bundle exec serve -p $PORT" },
    cwd: "/elsewhere",
  });
  expect(project).toMatchObject({
    name: "shop",
    directory: "/srv/shop",
    orderedStop: true,
    abortOnExit: false,
  });
  expect(firstApp(project)).toMatchObject({
    project: "shop",
    command: { kind: "shell", script: "bundle exec serve -p $PORT", shell: ["/bin/sh", "-c"] },
    workingDir: "/srv/shop",
    restart: { when: "on-failure" },
    stop: { signal: "SIGTERM", graceMs: 5000, leaderOnly: false },
    endsProject: "never",
    disabled: false,
  });
});

test.each([
  ["/srv/My Shop!", "myshop"],
  ["/srv/.hidden", "hidden"],
  ["/", "default"],
])("a Procfile in %j is the project %j", (directory, name) => {
  const path = directory === "/" ? "/Procfile" : `${directory}/Procfile`;
  expect(load({ files: { [path]: "a: b" } }).name).toBe(name);
});

test("a project name that is asked for is taken", () => {
  expect(firstApp(load({ ...procfile("a: b"), projectName: "mine" })).project).toBe("mine");
});
