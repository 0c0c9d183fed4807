// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the text under test is full of them
import { describe, expect, test } from "vitest";
import type { LoadRequest } from "../../../src/manifest/load.ts";
import { type Files, load, problemsOf, web } from "../project.ts";

function environmentOf(
  files: Files | string,
  request: Partial<LoadRequest> = {},
): Readonly<Record<string, string>> {
  return load(files, request).apps["web"]?.environment ?? {};
}
const run = "command: run";

describe("environment", () => {
  test("a process has of its caller's variables the usual ones and no others", () => {
    const env = {
      PATH: "/bin",
      HOME: "/h",
      LC_ALL: "C",
      TZ: "UTC",
      XDG_RUNTIME_DIR: "/r",
      SECRET: "s",
      NODE_OPTIONS: "x",
    };
    const { SECRET: _, NODE_OPTIONS: __, ...usual } = env;
    expect(environmentOf(web(run), { env })).toEqual(usual);
  });

  test("a container has none of them", () => {
    expect(environmentOf(web("image: x", "environment: [A=1]"), { env: { PATH: "/bin" } })).toEqual({
      A: "1",
    });
  });

  test("map and list say the same, and values are kept as written", () => {
    const expected = { A: "1", B: "x=y", C: "true", D: "1.10", E: "" };
    expect(environmentOf(web(run, 'environment: {A: 1, B: x=y, C: true, D: 1.10, E: ""}'))).toEqual(expected);
    expect(environmentOf(web(run, "environment: [A=1, B=x=y, C=true, D=1.10, E=]"))).toEqual(expected);
  });

  test("a name without a value takes the caller's, or that of .env, and is else absent", () => {
    const files = { "holdfast.yaml": web(run, "environment: [A, B, C]"), ".env": "B=dot\nA=dot\n" };
    expect(environmentOf(files, { env: { A: "caller" } })).toEqual({ A: "caller", B: "dot" });
    expect(environmentOf(web(run, "environment: {A: , C: }"), { env: { A: "caller" } })).toEqual({
      A: "caller",
    });
  });

  test("variables are substituted in values and not in names", () => {
    const text = web(run, 'environment: ["$A=${A}", "B=${A:-x}$$"]');
    // The list form is one text, name and all, as in Compose; a map's keys are names.
    expect(environmentOf(text, { env: { A: "v" } })).toEqual({ v: "v", B: "v$" });
    expect(environmentOf(web(run, "environment: {$A: $A}"), { env: { A: "v" } })).toEqual({ $A: "v" });
  });

  test("the caller goes before .env, and .env reaches no process by itself", () => {
    const files = { "holdfast.yaml": web("command: run $A $B"), ".env": "A=dot\nB=${A}${C:-c}\n" };
    const { apps } = load(files, { env: { A: "caller" } });
    expect(apps["web"]?.command).toEqual({ kind: "exec", argv: ["run", "caller", "callerc"] });
    expect(apps["web"]?.environment).toEqual({});
  });

  test("a variable that is not set is warned of, once and with its place", () => {
    expect(load(web("command: run $A $A")).warnings).toEqual([
      "holdfast.yaml:3:14: the variable A is not set and becomes nothing",
    ]);
  });

  test("a name such as __proto__ is only a name", () => {
    expect(Object.keys(environmentOf(web(run, "environment: {__proto__: 1}")))).toEqual(["__proto__"]);
  });

  test("a name that no program could have is refused", () => {
    const problem = 'services.web.environment: "" is no name for a variable';
    expect(problemsOf(web(run, "environment: [=x]"))).toEqual([`holdfast.yaml:4:19: ${problem}`]);
    expect(problemsOf(web(run, 'environment: {"A=B": 1}'))[0]).toContain('"A=B" is no name');
  });

  test("what is neither map nor list is refused", () => {
    expect(problemsOf(web(run, "environment: x"))).toEqual([
      "holdfast.yaml:4:18: services.web.environment must be a map, or a list of NAME=value",
    ]);
    expect(problemsOf(web(run, "environment: {A: [b]}"))).toEqual([
      "holdfast.yaml:4:22: services.web.environment.A must be a text, found a list",
    ]);
  });
});

describe("env_file", () => {
  const files = { "a.env": "A=1\nB=a$A\nC=${X:-none}\n", "sub/b.env": "B=2\nD=$A\n" };

  test("files come before environment, the later before the earlier, and see the caller and each other", () => {
    const manifest = web(run, "env_file: [a.env, ./sub/b.env]", "environment: {C: own}");
    expect(environmentOf({ ...files, "holdfast.yaml": manifest })).toEqual({
      A: "1",
      B: "2",
      C: "own",
      D: "1",
    });
    const single = { ...files, "holdfast.yaml": web(run, "env_file: a.env") };
    expect(environmentOf(single, { env: { X: "x" } })).toEqual({ A: "1", B: "a1", C: "x" });
  });

  test("the long form may allow a file to be absent, and take values raw", () => {
    const manifest = web(
      run,
      "env_file:",
      "  - {path: no.env, required: false}",
      "  - {path: raw.env, format: raw}",
    );
    expect(environmentOf({ "holdfast.yaml": manifest, "raw.env": "A='$X' # y\n" })).toEqual({
      A: "'$X' # y",
    });
  });

  test("a missing file is refused by name and place", () => {
    expect(problemsOf(web(run, "env_file: [no.env]"))).toEqual([
      'holdfast.yaml:4:16: services.web.env_file[0]: there is no file no.env (write "required: false" if it may be absent)',
    ]);
  });

  test("an app that is switched off may lack its file", () => {
    const { warnings, apps } = load(web(run, "env_file: no.env", "profiles: [later]"));
    expect(apps["web"]?.disabled).toBe(true);
    expect(warnings).toHaveLength(1);
  });

  test("a mistake in the file is told with the file's line", () => {
    expect(problemsOf({ "holdfast.yaml": web(run, "env_file: a.env"), "a.env": "A=1\nnot one\n" })).toEqual([
      'a.env:2:4: a name cannot contain a space: "not one"',
    ]);
  });

  test("other mistakes", () => {
    expect(problemsOf({ "holdfast.yaml": web(run, "env_file: a.env"), "a.env": 5_000_000 })).toEqual([
      "holdfast.yaml:4:15: services.web.env_file[0]: a.env is larger than 1 MiB",
    ]);
    expect(problemsOf(web(run, "env_file: [{required: false}]"))).toEqual([
      'holdfast.yaml:4:16: services.web.env_file[0] has no "path"',
    ]);
    expect(problemsOf(web(run, "env_file: [{path: a, optional: true, required: no}]"))).toEqual([
      "holdfast.yaml:4:26: services.web.env_file[0].optional: unknown key",
    ]);
  });

  test("the .env of the project is checked as well", () => {
    expect(problemsOf({ "holdfast.yaml": web(run), ".env": "A='x\n" })).toEqual([
      ".env:1:3: a quoted value is never closed",
    ]);
  });
});
