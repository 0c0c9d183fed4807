// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the text under test is full of them
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ownMs } from "../../../../test/checks/own-time.ts";
import { detectFormat } from "../../src/manifest/detect-format.ts";
import { loadProject } from "../../src/manifest/load.ts";
import { ManifestError } from "../../src/manifest/problem.ts";
import { type Files, load, problemsOf } from "./project.ts";

const compose = (name: string) => `services:\n  ${name}: {command: x}\n`;
const names = (files: Files, request = {}): readonly string[] =>
  load(files, request).spec.apps.map(({ name }) => name);

describe("without -f", () => {
  const all: Files = {
    "holdfast.yaml": compose("h1"),
    "holdfast.yml": compose("h2"),
    "compose.yaml": compose("c1"),
    "compose.yml": compose("c2"),
    "docker-compose.yaml": compose("d1"),
    "docker-compose.yml": compose("d2"),
    "process-compose.yaml": "processes:\n  p1: {command: x}\n",
    "process-compose.yml": "processes:\n  p2: {command: x}\n",
    Procfile: "proc: x\n",
  };

  test("the first known name is taken", () => {
    const left = Object.entries(all);
    const found: string[] = [];
    while (left.length > 0) {
      found.push(...names(Object.fromEntries(left)));
      left.shift();
    }
    expect(found).toEqual(["h1", "h2", "c1", "c2", "d1", "d2", "p1", "p2", "proc"]);
  });

  test("an override beside it is laid over it", () => {
    expect(names({ "compose.yaml": compose("a"), "compose.override.yml": compose("b") })).toEqual(["a", "b"]);
    expect(names({ "compose.yaml": compose("a"), "docker-compose.override.yml": compose("b") })).toEqual([
      "a",
    ]);
  });

  test("nothing found lists what was looked for", () => {
    const [problem] = problemsOf({});
    expect(problem).toBe(
      "there is no manifest in /project: looked for holdfast.yaml, holdfast.yml, compose.yaml, compose.yml, docker-compose.yaml, docker-compose.yml, process-compose.yaml, process-compose.yml, Procfile (-f names another file)",
    );
  });
});

describe("with -f", () => {
  test("a missing file is named as it was typed", () => {
    expect(problemsOf({}, { files: ["./x/no.yaml"] })).toEqual(["there is no file ./x/no.yaml"]);
  });

  test("a file of 10 MB is refused by its size", () => {
    expect(problemsOf({ "big.yaml": 10_000_000 }, { files: ["big.yaml"] })).toEqual([
      "big.yaml is larger than 1 MiB, and no manifest is",
    ]);
  });

  test("files of different formats are refused", () => {
    expect(
      problemsOf({ Procfile: "a: b\n", "c.yaml": compose("a") }, { files: ["Procfile", "c.yaml"] }),
    ).toEqual(["files of different formats cannot be merged: Procfile (Procfile), c.yaml (Compose)"]);
  });

  test("places are shown under the name that was typed", () => {
    expect(problemsOf({ "x/c.yaml": "services: 1\n" }, { files: ["./x/../x/c.yaml"] })[0]).toMatch(
      /^\.\/x\/\.\.\/x\/c\.yaml:1:11: /,
    );
  });
});

describe("files of programs that are left for this one", () => {
  test.each([
    ["ecosystem.config.js", 'module.exports = {\n  apps: [{ script: "a.js" }],\n};\n', "pm2"],
    ["ecosystem.config.cjs", "module.exports = { services: 1 }\n", "pm2"],
    ["pm2.json", '{ "apps": [{ "name": "a", "script": "a.js" }] }', "pm2"],
    ["pretty.json", '{\n  "apps": [\n    { "script": "a.js" }\n  ]\n}\n', "pm2"],
    ["dump.pm2", '[{ "name": "a" }]', "pm2"],
    ["process.yml", "apps:\n  - script: a.js\n", "pm2"],
    ["supervisord.conf", "[supervisord]\nnodaemon=true\n\n[program:web]\ncommand=x\n", "supervisord"],
  ])("%s is refused once, and the guide is named", (name, text, program) => {
    expect(problemsOf({ [name]: text }, { files: [name] })).toEqual([
      `${name}:1:1: this is a file of ${program}, which is not read (docs/guides/from-${program}.md says what to write instead)`,
    ]);
  });

  test("an app or a text that only looks like one is no file of theirs", () => {
    expect(names({ "compose.yaml": "services:\n  apps:\n    command: 'echo [program:x]'\n" })).toEqual([
      "apps",
    ]);
    expect(names({ Procfile: "apps: run\n" }, { files: ["Procfile"] })).toEqual(["apps"]);
  });
});

describe("the format", () => {
  test.each([
    ["Procfile", "web: x", "procfile"],
    ["Procfile.dev", "services:\n  a: b", "procfile"],
    ["app.procfile", "", "procfile"],
    ["compose.yaml", "processes:\n  a: {command: x}\n", "process-compose"],
    ["process-compose.yaml", "services:\n  a: {command: x}\n", "compose"],
    ["process-compose.dev.yml", "version: '0.5'\n", "process-compose"],
    ["x.yaml", "# c\nversion: 1\nprocesses:\n  a: b\n", "process-compose"],
    ["x.yaml", "\uFEFFprocesses:\n", "process-compose"],
    ["x.json", '{\n  "processes": {"a": {}}\n}', "process-compose"],
    ["x.yaml", "web: node a.js\n", "compose"],
    ["apps", "web: node a.js\n\n# c\nworker: b\n", "procfile"],
    ["apps", "services:\n  a:\n    command: x\n", "compose"],
    ["apps", "", "compose"],
  ])("of %s with %j is %s", (path, text, format) => {
    expect(detectFormat({ path: `/p/${path}`, text })).toBe(format);
  });
});

describe("the project's name", () => {
  const files = { "holdfast.yaml": `name: \${N:-written}\n${compose("a")}` };
  const plain = { "holdfast.yaml": compose("a") };

  test("the caller's, else the file's, else the environment's, else the directory's", () => {
    expect(load(files, { projectName: "asked" }).spec.name).toBe("asked");
    expect(load(files, { env: { COMPOSE_PROJECT_NAME: "env" } }).spec.name).toBe("written");
    expect(load(files, { env: { N: "substituted" } }).spec.name).toBe("substituted");
    expect(load(plain, { env: { COMPOSE_PROJECT_NAME: "env" } }).spec.name).toBe("env");
    expect(load({ ...plain, ".env": "COMPOSE_PROJECT_NAME=dot" }).spec.name).toBe("dot");
    expect(load(plain).spec.name).toBe("project");
    expect(load({ "My App!/c.yaml": compose("a") }, { files: ["My App!/c.yaml"] }).spec.name).toBe("myapp");
    expect(load({ "!!/c.yaml": compose("a") }, { files: ["!!/c.yaml"] }).spec.name).toBe("default");
  });

  test("each app carries it", () => {
    expect(load(files).apps["a"]?.project).toBe("written");
  });

  test("a file may use it as a variable", () => {
    const text = "name: mine # x\nservices: {a: {command: run $COMPOSE_PROJECT_NAME}}\n";
    const argv = (...args: Parameters<typeof load>) => load(...args).apps["a"]?.command;
    expect(argv(text)).toMatchObject({ argv: ["run", "mine"] });
    expect(argv(text, { projectName: "asked" })).toMatchObject({ argv: ["run", "asked"] });
    expect(argv(text.replace(/^name.*\n/, ""))).toMatchObject({ argv: ["run", "project"] });
  });

  test("one that cannot be used is refused", () => {
    expect(problemsOf(plain, { projectName: "a/b" })[0]).toContain('"a/b" is no project name');
    expect(problemsOf(plain, { env: { COMPOSE_PROJECT_NAME: "a b" } })[0]).toContain("COMPOSE_PROJECT_NAME");
  });
});

describe("on this machine's files", () => {
  let directory = "";
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), "holdfast-manifest-"));
  });
  afterAll(() => rmSync(directory, { recursive: true }));
  const problems = (file: string): readonly string[] => {
    try {
      loadProject({ cwd: directory, env: {}, files: [file] });
      return [];
    } catch (error) {
      if (!(error instanceof ManifestError)) throw error;
      expect(error.code).toBe("MANIFEST_INVALID");
      return error.message.split("\n");
    }
  };

  test("a manifest is read", () => {
    writeFileSync(join(directory, "holdfast.yaml"), compose("a"));
    const { spec } = loadProject({ cwd: directory, env: { PATH: "/bin" } });
    expect(spec.apps[0]).toMatchObject({ name: "a", workingDir: directory, environment: { PATH: "/bin" } });
  });

  test("10 MB of YAML, a directory and nothing at all are refused within a second", () => {
    writeFileSync(join(directory, "big.yaml"), `services:\n${"  a: {command: x}\n".repeat(600_000)}`);
    mkdirSync(join(directory, "dir.yaml"));
    const started = ownMs();
    expect(problems("big.yaml")).toEqual(["big.yaml is larger than 1 MiB, and no manifest is"]);
    expect(problems("dir.yaml")).toEqual(["cannot read dir.yaml: it is a directory"]);
    expect(problems("none.yaml")).toEqual(["there is no file none.yaml"]);
    expect(ownMs() - started).toBeLessThan(1000);
  });
});

test("an alias bomb in services is refused at once", () => {
  const rows = ["x-0: &a0 {k: v}"];
  for (let i = 1; i < 30; i += 1)
    rows.push(
      `x-${i}: &a${i} [${Array(9)
        .fill(`*a${i - 1}`)
        .join(", ")}]`,
    );
  const started = ownMs();
  const [problem] = problemsOf(`${rows.join("\n")}\nservices:\n  web: {command: x, labels: *a29}\n`);
  expect(problem).toMatch(
    /^holdfast\.yaml:\d+:\d+: the aliases of this file stand for more than 100000 nodes/,
  );
  expect(ownMs() - started).toBeLessThan(1000);
});
