// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the text under test is full of them
import { describe, expect, test } from "vitest";
import { ownMs } from "../../../../../test/checks/own-time.ts";
import { type Files, load, problemsOf } from "../project.ts";

const a = (lines: string) => `services:\n  a:\n${lines.replace(/^/gm, "    ")}\n`;
const two = (one: string, other: string): Files => ({ "1.yaml": one, "2.yaml": other });
const files = ["1.yaml", "2.yaml"];
const argv = (text: string) => ({ kind: "exec", argv: text.split(" ") });

describe("several files", () => {
  test("maps merge, the environment by name in either form, and single values are replaced", () => {
    const { apps, spec } = load(
      two(
        a(
          "command: run\nenvironment: {A: 1, B: 1}\nlabels: [x=1]\ndeploy: {replicas: 2, labels: {l: m}}\nuser: u",
        ),
        a("command: [other, x]\nenvironment: [B=2, C=2]\nlabels: {y: 2}\ndeploy: {replicas: 3}"),
      ),
      { files },
    );
    expect(apps["a"]).toMatchObject({
      command: argv("other x"),
      environment: { A: "1", B: "2", C: "2" },
      labels: { x: "1", y: "2", l: "m" },
      replicas: 3,
      user: "u",
    });
    expect(spec.files).toEqual(["/project/1.yaml", "/project/2.yaml"]);
  });

  test("lists are appended, and what is the same stays one", () => {
    const { apps } = load(
      {
        ...two(
          a('command: x\nports: ["1:1"]\nprofiles: [p]\nenv_file: a.env'),
          a('ports: ["1:1", "2:2"]\nprofiles: [p, q]\nenv_file: [b.env]'),
        ),
        "a.env": "A=1\nB=1\n",
        "b.env": "B=2\n",
      },
      { files },
    );
    expect(apps["a"]?.ports.map(({ port }) => port)).toEqual([1, 2]);
    expect(apps["a"]?.environment).toEqual({ A: "1", B: "2" });
  });

  test("a file of variables named again keeps its place", () => {
    const { apps } = load(
      {
        ...two(a("command: x\nenv_file: [a.env, b.env]"), a("env_file: a.env")),
        "a.env": "A=1\n",
        "b.env": "A=2\n",
      },
      { files },
    );
    expect(apps["a"]?.environment).toEqual({ A: "2" });
  });

  test("commands, shells and schedules are one value each, whatever their form", () => {
    const { apps } = load(
      two(
        a("entrypoint: [a, b]\ncommand: [c, d]\nschedule: {cron: '@daily', immediate: true}"),
        a("entrypoint: [x]\ncommand: [y]\nschedule: {every: 5s}"),
      ),
      { files },
    );
    expect(apps["a"]).toMatchObject({ command: argv("x y"), schedule: { everyMs: 5000, immediate: false } });
    expect(apps["a"]?.schedule).not.toHaveProperty("cron");
  });

  test("depends_on merges by name, in either form", () => {
    const more = "\n  b: {command: x, healthcheck: {tcp: 1}}\n  c: {command: x}\n";
    const { apps } = load(
      two(a("command: x\ndepends_on: [b, c]") + more, a("depends_on: {b: {condition: service_healthy}}")),
      { files },
    );
    expect(apps["a"]?.dependsOn).toMatchObject({
      b: { condition: "service_healthy" },
      c: { condition: "service_started" },
    });
  });

  test("a probe's check is replaced and its times are kept", () => {
    const base = a("command: x\nhealthcheck: {test: [CMD, a, b], interval: 5s}");
    expect(
      load(two(base, a("healthcheck: {test: [CMD, c]}")), { files }).apps["a"]?.healthcheck,
    ).toMatchObject({
      action: { kind: "exec", command: argv("c") },
      intervalMs: 5000,
    });
    expect(load(two(base, a("healthcheck: {tcp: 80}")), { files }).apps["a"]?.healthcheck).toMatchObject({
      action: { kind: "tcp", port: 80 },
      intervalMs: 5000,
    });
  });

  test("!reset removes and !override replaces", () => {
    const base = `${a('command: x\nports: ["1:1"]\nuser: u\nenvironment: {A: 1, B: 1}')}  b: {command: y}\n`;
    const over = `${a('ports: !override ["2:2"]\nuser: !reset\nenvironment: {A: !reset }')}  b: !reset\n`;
    const { apps } = load(two(base, over), { files });
    expect(Object.keys(apps)).toEqual(["a"]);
    expect(apps["a"]?.ports.map(({ port }) => port)).toEqual([2]);
    expect(apps["a"]).not.toHaveProperty("user");
    expect(apps["a"]?.environment).toEqual({ B: "1" });
  });

  test("nothing after a key leaves what is below", () => {
    expect(load(two(a("command: x\nuser: u"), a("user:")), { files }).apps["a"]?.user).toBe("u");
  });

  test("all paths are meant from the first file's directory, and the later name counts", () => {
    const { spec, apps } = load(
      { "dir/1.yaml": `name: one\n${a("command: x")}`, "2.yaml": `name: two\n${a("working_dir: sub")}` },
      { files: ["dir/1.yaml", "2.yaml"] },
    );
    expect(spec).toMatchObject({ name: "two", directory: "/project/dir" });
    expect(apps["a"]).toMatchObject({
      workingDir: "/project/dir/sub",
      source: { file: "dir/1.yaml", line: 3 },
    });
  });

  test("a mistake is told with the file that has it", () => {
    expect(
      problemsOf(two(a("command: x"), a("restart: x\ntty: 1")), { files }).map((line) => line.split(": ")[0]),
    ).toEqual(["2.yaml:3:14", "2.yaml:4:5"]);
  });
});

describe("extends", () => {
  test("a service of the same file, in either form, and on over several", () => {
    const { apps } = load(
      "services:\n  a: {command: x, environment: {A: 1, B: 1}}\n  b: {extends: a, environment: {B: 2}}\n  c: {extends: {service: b}, command: y}\n",
    );
    expect(apps["b"]).toMatchObject({ command: argv("x"), environment: { A: "1", B: "2" } });
    expect(apps["c"]).toMatchObject({ command: argv("y"), environment: { A: "1", B: "2" } });
  });

  test("a service of another file, whose paths are meant from there", () => {
    const { apps, spec } = load({
      "holdfast.yaml": "services:\n  a: {extends: {file: sub/base.yaml, service: b}}\n",
      "sub/base.yaml":
        "services:\n  b: {extends: c, env_file: b.env}\n  c: {command: x, working_dir: w}\n  d: {}\n",
      "sub/b.env": "B=1\n",
    });
    expect(apps["a"]).toMatchObject({
      command: argv("x"),
      environment: { B: "1" },
      workingDir: "/project/sub/w",
    });
    expect(spec.apps).toHaveLength(1);
  });

  test("without a directory of its own it runs in the project's", () => {
    const { apps } = load({
      "holdfast.yaml": "services:\n  a: {extends: {file: sub/base.yaml, service: b}}\n",
      "sub/base.yaml": "services:\n  b: {command: x}\n",
    });
    expect(apps["a"]?.workingDir).toBe("/project");
  });

  test("what extends may be reset", () => {
    expect(problemsOf("services:\n  a: {command: x}\n  b: {extends: a, command: !reset }\n")[0]).toContain(
      'services.b has no "command"',
    );
  });

  test.each<[string, Files | string, string]>([
    [
      "an unknown service",
      "services:\n  a: {extends: bb}\n  b: {command: x}\n",
      'holdfast.yaml:2:16: services.a extends "bb", which is not in holdfast.yaml (did you mean "b"?)',
    ],
    [
      "a missing file",
      "services:\n  a: {extends: {file: no.yaml, service: b}}\n",
      "holdfast.yaml:2:16: there is no file no.yaml",
    ],
    [
      "no service",
      "services:\n  a: {extends: {file: no.yaml}}\n",
      'holdfast.yaml:2:16: services.a.extends has no "service"',
    ],
    ["itself", "services:\n  a: {extends: a}\n", "holdfast.yaml:2:16: services extend each other: a → a"],
    [
      "a cycle",
      "services:\n  a: {extends: b}\n  b: {extends: c}\n  c: {extends: b}\n",
      "holdfast.yaml:4:16: services extend each other: b → c → b",
    ],
    [
      "a cycle over files",
      {
        "holdfast.yaml": "services:\n  a: {extends: {file: b.yaml, service: b}}\n",
        "b.yaml": "services:\n  b: {extends: {file: holdfast.yaml, service: a}}\n",
      },
      "b.yaml:2:16: services extend each other: a → b → a",
    ],
    [
      "a number",
      "services:\n  a: {extends: [b]}\n",
      "holdfast.yaml:2:16: services.a.extends must be a text, found a list",
    ],
  ])("%s is refused", (_, manifest, problem) => {
    expect(problemsOf(manifest)).toContain(problem);
  });

  test("a chain without end is refused, and costs nothing", () => {
    const lines = Array.from(
      { length: 3000 },
      (_, index) => `  s${index}: {command: x, extends: s${index + 1}}`,
    );
    const started = ownMs();
    expect(problemsOf(`services:\n${lines.join("\n")}\n  s3000: {command: x}\n`)[0]).toContain(
      "more than 64 services extend each other in a row",
    );
    expect(ownMs() - started).toBeLessThan(3000);
  });
});

describe("include", () => {
  test("another file's services run in its directory, with its own variables under the project's", () => {
    const { apps, spec } = load(
      {
        "holdfast.yaml": "include: [sub/compose.yaml]\nservices:\n  a: {command: a, depends_on: [b]}\n",
        "sub/compose.yaml": "services:\n  b: {command: run $A $B, env_file: b.env}\n",
        "sub/.env": "A=sub\nB=sub\n",
        "sub/b.env": "C=1\n",
        ".env": "A=top\n",
      },
      {},
    );
    expect(apps["b"]).toMatchObject({
      command: argv("run top sub"),
      environment: { C: "1" },
      workingDir: "/project/sub",
      source: { file: "sub/compose.yaml" },
    });
    expect(apps["a"]?.workingDir).toBe("/project");
    expect(spec.files).toEqual(["/project/holdfast.yaml", "/project/sub/compose.yaml"]);
  });

  test("the long form: several files that merge, a directory, an env file", () => {
    const { apps } = load({
      "holdfast.yaml":
        "include:\n  - path: [x/1.yaml, x/2.yaml]\n    project_directory: y\n    env_file: my.env\n",
      "x/1.yaml": "services:\n  b: {command: run $A, labels: {l: 1}}\n",
      "x/2.yaml": "services:\n  b: {user: u}\n",
      "my.env": "A=mine\n",
    });
    expect(apps["b"]).toMatchObject({
      command: argv("run mine"),
      labels: { l: "1" },
      user: "u",
      workingDir: "/project/y",
    });
  });

  test("an override may change what was included", () => {
    const { apps } = load(
      {
        "1.yaml": "include: [b.yaml]\n",
        "2.yaml": "services:\n  b: {user: u}\n",
        "b.yaml": "services:\n  b: {command: x}\n",
      },
      { files },
    );
    expect(apps["b"]).toMatchObject({ command: argv("x"), user: "u" });
  });

  test.each<[string, Files, string]>([
    [
      "itself",
      { "holdfast.yaml": "include: [holdfast.yaml]\n" },
      "holdfast.yaml:1:11: files include each other: holdfast.yaml → holdfast.yaml",
    ],
    [
      "each other",
      { "holdfast.yaml": "include: [b.yaml]\n", "b.yaml": "include: [holdfast.yaml]\n" },
      "b.yaml:1:11: files include each other: holdfast.yaml → b.yaml → holdfast.yaml",
    ],
    [
      "a missing file",
      { "holdfast.yaml": "include: [no.yaml]\n" },
      "holdfast.yaml:1:11: there is no file no.yaml",
    ],
    [
      "a text",
      { "holdfast.yaml": "include: no.yaml\n" },
      'holdfast.yaml:1:10: include must be a list, found the text "no.yaml"',
    ],
    [
      "no path",
      { "holdfast.yaml": "include: [{env_file: x}]\n" },
      'holdfast.yaml:1:11: include[0] has no "path"',
    ],
    [
      "a service of the same name",
      {
        "holdfast.yaml": "include: [b.yaml]\nservices:\n  b: {command: x}\n",
        "b.yaml": "services:\n  b: {command: y}\n",
      },
      'holdfast.yaml:3:3: the service "b" is defined a second time; the other is at b.yaml:2:3 (an included file cannot be changed by the one that includes it)',
    ],
  ])("%s is refused", (_, manifest, problem) => {
    expect(problemsOf(manifest)).toContain(problem);
  });

  test("a file that is included on two ways is one", () => {
    const { apps } = load({
      "holdfast.yaml": "include: [a.yaml, b.yaml]\n",
      "a.yaml": "include: [c.yaml]\n",
      "b.yaml": "include: [c.yaml]\n",
      "c.yaml": "services:\n  c: {command: x}\n",
    });
    expect(Object.keys(apps)).toEqual(["c"]);
  });
});

describe("anchors and extensions", () => {
  test("fragments are shared through x- keys", () => {
    const { apps } = load(
      "x-base: &base\n  restart: always\n  environment: &env {A: $X}\nservices:\n  a: {<<: *base, command: x}\n  b:\n    <<: *base\n    command: y\n    environment: {<<: *env, B: 1}\n",
      { env: { X: "v" } },
    );
    expect(apps["a"]).toMatchObject({ restart: { when: "always" }, environment: { A: "v" } });
    expect(apps["b"]?.environment).toEqual({ B: "1", A: "v" });
  });
});

describe("the top level", () => {
  const s = "services: {a: {command: x}}\n";

  test.each([
    ["", '1:1: the file is empty (a manifest has a map of "services")'],
    ["# only this\n", '1:1: the file is empty (a manifest has a map of "services")'],
    ["- a\n", '1:1: the file must be a map with the key "services"'],
    ["services: {}\n", "1:1: the manifest has no services"],
    ["services: [a]\n", "1:11: services must be a map of services by name"],
    ["services: {a: x}\n", "1:15: services.a must be a map of settings"],
    [`${s}servces: {}\n`, '2:1: servces: unknown key (did you mean "services"?)'],
    [`name: [a]\n${s}`, "1:7: name must be a text, found a list"],
    [`name: a b\n${s}`, '1:7: name: "a b" is no project name (letters, digits, _ . and -, at most 63)'],
    [
      "services: {a b: {command: x}}\n",
      '1:12: "a b" is no name for a service (letters, digits, _ . and -, at most 63)',
    ],
    [
      "services:\n  a: {command: x}\n  a: {command: y}\n",
      '3:3: the key "a" is here a second time; the first is at holdfast.yaml:2:3',
    ],
  ])("%j", (text, problem) => {
    expect(problemsOf(text)).toContain(`holdfast.yaml:${problem}`);
  });

  test("version, networks and the like are no matter", () => {
    expect(
      problemsOf(`version: "3"\nnetworks: {n: }\nvolumes: {v: }\nsecrets: {}\nconfigs: {}\nx-y: 1\n${s}`),
    ).toEqual([]);
  });
});
