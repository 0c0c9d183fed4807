// biome-ignore-all lint/suspicious/noTemplateCurlyInString: what looks like a template here is the format's own
import { describe, expect, test } from "vitest";
import { ownMs } from "../../../../../test/checks/own-time.ts";
import { appOf, appWith, loadText, scriptOf, tryText } from "./load-fixture.ts";

const one = (process: string): string => `processes: { a: { command: serve, ${process} } }\n`;

describe("a process's environment", () => {
  const layers: readonly (readonly [string, string, Readonly<Record<string, string>>])[] = [
    [".env", "", { "/app/.env": "X=dotenv" }],
    ["the caller over .env", "", { "/app/.env": "X=dotenv" }],
    ["the project over the caller", "environment: [X=project]\n", {}],
    ["its env file over the project", "environment: [X=project]\n", { "/app/own.env": "X=file" }],
    ["its own over all", "environment: [X=project]\n", { "/app/own.env": "X=file" }],
  ];
  const expected = ["dotenv", "caller", "project", "file", "own"];

  test.each(layers.map((layer, index) => [...layer, index] as const))(
    "is that of %s",
    (_, top, files, index) => {
      const process = `${index >= 3 ? "env_file: own.env," : ""} ${index >= 4 ? "environment: [X=own]" : ""}`;
      const env: Readonly<Record<string, string>> = index >= 1 ? { X: "caller" } : {};
      expect(appOf(loadText(top + one(process), { files, env }), "a").environment["X"]).toBe(expected[index]);
    },
  );

  test("is the caller's without the daemon's own, with the process's name and number", () => {
    const { environment } = appWith("", { env: { HOME: "/me", HOLDFAST_HOME: "/x", PC_PROC_NAME: "outer" } });
    expect(environment).toEqual({ HOME: "/me", PATH: "/shells", PC_PROC_NAME: "web", PC_REPLICA_NUM: "0" });
  });

  test("leaves .env out where the process says so, and everywhere where the caller does", () => {
    const files = { "/app/.env": "X=1" };
    expect(appWith("is_dotenv_disabled: true", { files }).environment).not.toHaveProperty("X");
    expect(appWith("", { files, env: { PC_DISABLE_DOTENV: "1" } }).environment).not.toHaveProperty("X");
  });

  test("has what .pc_env adds to the caller's", () => {
    const files = { "/app/.pc_env": "X=1\nY=1" };
    expect(appWith("", { files, env: { Y: "2" } }).environment).toMatchObject({ X: "1", Y: "2" });
  });

  test("may be a map, in which a key with nothing after it is empty", () => {
    expect(appWith("environment: { A: 1, B: true, C: }").environment).toMatchObject({
      A: "1",
      B: "true",
      C: "",
    });
  });

  test("takes nothing from a name without a value", () => {
    expect(appWith("environment: [A, B=]").environment).not.toHaveProperty("A");
    expect(appWith("environment: [A, B=]").environment).toMatchObject({ B: "" });
  });
});

describe("variables in the text", () => {
  test("come from .env before the caller", () => {
    const options = { files: { "/app/.env": "X=dotenv" }, env: { X: "caller", Y: "caller" } };
    expect(appWith("description: '${X} ${Y} ${Z}.'", options).description).toBe("dotenv caller .");
  });

  test("may be numbers, keys and whole lines", () => {
    const text =
      "processes:\n  ${NAME}:\n    command: serve\n    availability: { backoff_seconds: ${N} }\n    ${LINE}\n";
    const app = appOf(loadText(text, { env: { NAME: "web", N: "7", LINE: "replicas: 1" } }), "web");
    expect(app.restart.backoff.initialMs).toBe(7000);
  });

  test("are not names that every object has", () => {
    expect(appWith("description: '${constructor}${toString}.'").description).toBe(".");
  });
});

describe("relative paths", () => {
  test("are meant from the first file's directory", () => {
    const files = { "/app/sub/pc.yaml": one("working_dir: w, log_location: l.log"), "/app/sub/w/": "" };
    const app = appOf(loadText("", { files, manifests: ["/app/sub/pc.yaml"] }), "a");
    expect([app.workingDir, app.logFile]).toEqual(["/app/sub/w", "/app/sub/l.log"]);
  });

  test("lead from the caller's directory when only there is something", () => {
    const files = {
      "/app/sub/pc.yaml": one("working_dir: w, env_file: e.env"),
      "/app/w/": "",
      "/app/w/e.env": "X=1",
    };
    const app = appOf(loadText("", { files, manifests: ["/app/sub/pc.yaml"] }), "a");
    expect([app.workingDir, app.environment["X"]]).toEqual(["/app/w", "1"]);
  });

  test("in an env_file are meant from the working directory", () => {
    const files = { "/srv/e.env": "X=1", "/app/e.env": "X=2" };
    expect(appWith("working_dir: /srv, env_file: e.env", { files }).environment["X"]).toBe("1");
  });

  test("begin at home with a ~", () => {
    expect(appWith("working_dir: ~/x", { env: { HOME: "/me" } }).workingDir).toBe("/me/x");
  });

  test("in a file that another one extends are meant from its own directory", () => {
    const processes =
      "processes: { b: { command: x }, c: { command: x, working_dir: w }, d: { command: x, working_dir: /d } }";
    const text = "extends: base/pc.yaml\nprocesses: { b: { description: mine } }";
    const project = loadText(text, { files: { "/app/base/pc.yaml": processes } });
    expect(project.apps.map((app) => app.workingDir)).toEqual(["/app/base", "/app/base/w", "/d"]);
    expect(appOf(project, "b").description).toBe("mine");
  });

  test("of several files are all meant from the first one's", () => {
    const files = {
      "/app/a/1.yaml": one("working_dir: w"),
      "/app/b/2.yaml": "processes: { b: { command: x } }",
    };
    const project = loadText("", { files, manifests: ["/app/a/1.yaml", "/app/b/2.yaml"] });
    expect([project.directory, ...project.apps.map((app) => app.workingDir)]).toEqual([
      "/app/a",
      "/app/a/w",
      "/app/a",
    ]);
  });
});

describe("the project's name", () => {
  test.each([
    ["its own", "name: shop\n", "shop"],
    ["its own, made usable", "name: my shop\n", "my_shop"],
    ["its directory's", "", "app"],
  ])("is %s", (_, top, name) => {
    expect(loadText(top + one("")).name).toBe(name);
  });
});

test("the first replica of ten or more is called 00", () => {
  const names = loadText(one("replicas: 10")).apps.map((app) => app.name);
  expect([names[0], names.at(-1), names.length]).toEqual(["a-00", "a-09", 10]);
});

test("the caller may disable processes and order the stop", () => {
  const env = { PC_DISABLED_PROCESSES: "x,a", PC_ORDERED_SHUTDOWN: "1" };
  const project = loadText(`ordered_shutdown: false\n${one("")}`, { env });
  expect([project.orderedStop, appOf(project, "a").disabled]).toEqual([true, true]);
});

test.each([
  [1, "SIGHUP"],
  [2, "SIGINT"],
  [9, "SIGKILL"],
  [15, "SIGTERM"],
  [0, "SIGTERM"],
  [-3, "SIGTERM"],
  [64, "SIGTERM"],
])("the signal %i is %s", (number, name) => {
  expect(appWith(`shutdown: { signal: ${number} }`).stop.signal).toBe(name);
});

test.each([
  [204, 204],
  [399, 399],
  [404, 200],
  [0, 200],
])("a probe that wants the status %i wants %i", (status, expected) => {
  const probe = `readiness_probe: { http_get: { status_code: ${status} } }`;
  expect(appWith(probe).readiness?.action).toMatchObject({ status: expected });
});

test("the caller's COMPOSE_SHELL is the shell of projects that name none", () => {
  const { project } = tryText(one(""), { env: { COMPOSE_SHELL: "sh" } });
  expect(appOf(project, "a").command).toMatchObject({ shell: ["/shells/sh", "-c"] });
});

test("what a small file's aliases stand for is not written out", () => {
  const text = [
    "x-a: &a { command: serve, description: '${X}', environment: { A: 1 } }",
    "processes:",
    ...Array.from({ length: 2000 }, (_, index) => `  p${index}: *a`),
  ].join("\n");
  const started = ownMs();
  const project = loadText(text, { env: { X: "x" } });
  expect(project.apps).toHaveLength(2000);
  expect(scriptOf(appOf(project, "p1999"))).toBe("serve");
  expect(ownMs() - started).toBeLessThan(10_000);
});
