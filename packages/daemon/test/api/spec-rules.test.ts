import { expect, test } from "vitest";
import { parseParams } from "../../src/api/params.ts";
import type { AppSpec, ProjectSpec } from "../../src/spec/app-spec.ts";
import { appSpec, needs, probe, projectSpec } from "../fakes/app-spec.ts";

const apply = (app: Partial<AppSpec>, project: Partial<ProjectSpec> = {}) =>
  parseParams("apps.apply", { spec: { ...projectSpec([appSpec("web", app)]), ...project } });
const stop = { signal: "SIGTERM", graceMs: 1_000, leaderOnly: false };
const backoff = { initialMs: 100, maxMs: 1_000, factor: 2 };

test("a plain spec is taken", () => {
  expect(apply({})).toMatchObject({ spec: { name: "shop" } });
});

test.each<[string, Partial<AppSpec>, RegExp]>([
  ["a signal that does not exist", { stop: { ...stop, signal: "SIGFOO" } }, /signal: is no signal/],
  ["a signal that every object has", { stop: { ...stop, signal: "toString" } }, /signal: is no signal/],
  ["a NUL in an argument", { command: { kind: "exec", argv: ["a", "b\0c"] } }, /argv.*NUL/],
  [
    "a NUL in a script",
    { command: { kind: "shell", script: "\0", shell: ["/bin/sh", "-c"] } },
    /script.*NUL/,
  ],
  ["a NUL in a directory", { workingDir: "/a\0b" }, /workingDir.*NUL/],
  ["a NUL in a variable", { environment: { A: "\0" } }, /environment.*NUL/],
  ["a variable without a name", { environment: { "": "x" } }, /no name of a variable/],
  ["a variable that is two", { environment: { "A=1\nB": "x" } }, /no name of a variable/],
  ["a relative directory", { workingDir: "a" }, /workingDir/],
  ["a name that is a path", { name: "../x" }, /a name must match/],
  ["a name with a slash", { name: "a/b" }, /a name must match/],
  ["a name with a NUL", { name: "a\0" }, /a name must match/],
  ["a name with a line end", { name: "a\n" }, /a name must match/],
  ["a name in other letters", { name: "а" }, /a name must match/],
  ["a name of ten thousand letters", { name: "a".repeat(10_000) }, /a name must match/],
  [
    "a time beyond the last date",
    { restart: { when: "always", backoff: { ...backoff, initialMs: 1e300 } } },
    /Ms/,
  ],
  [
    "a factor without end",
    { restart: { when: "always", backoff: { ...backoff, factor: Infinity } } },
    /factor/,
  ],
  ["looks without a pause", { healthcheck: { ...probe, intervalMs: 0 } }, /intervalMs/],
  ["a schedule without a pause", { schedule: { everyMs: 0, immediate: true } }, /everyMs/],
  ["a schedule that is none", { schedule: { cron: "nonsense", immediate: true } }, /no cron pattern/],
  [
    "a place that is none",
    { schedule: { cron: "@daily", timeZone: "Mars/X", immediate: true } },
    /time zone/,
  ],
  ["an app of another project", { project: "other" }, /of this project/],
  ["an app that waits for itself", needs(["web"]), /apps wait for each other/],
])("T5: %s is refused", (_, app, why) => {
  expect(() => apply(app)).toThrow(why);
});

test("T5: apps that wait for each other are refused, and those behind others are not", () => {
  const circle = [appSpec("a", needs(["b"])), appSpec("b", needs(["c"])), appSpec("c", needs(["a"]))];
  expect(() => apply({}, { apps: circle })).toThrow("apps wait for each other");
  const chain = Array.from({ length: 3_000 }, (_, index) => appSpec(`a${index}`, needs([`a${index + 1}`])));
  expect(apply({}, { apps: chain })).toMatchObject({ spec: { name: "shop" } });
});

test("T5: two apps of one name are refused", () => {
  expect(() => apply({}, { apps: [appSpec("a"), appSpec("a")] })).toThrow("its name no other's");
});

test.each(["..", ".", "/", "../x", "a/b", "a\\b", "a\0b", "", "-a", "ä", "x".repeat(10_000), "a b", "~"])(
  "T5: a project called %j is refused",
  (name) => {
    expect(() => apply({ project: name }, { name })).toThrow(/a name must match/);
  },
);

test("T5: members that every object has are no members of params, and change nothing", () => {
  const bad = JSON.parse(
    '{"targets":[{"project":"shop","__proto__":{"name":"x"}}],"constructor":1}',
  ) as unknown;
  expect(() => parseParams("apps.stop", bad)).toThrow();
  const spec: unknown = JSON.parse(
    JSON.stringify(projectSpec([appSpec("web", { environment: { A: "1" } })])).replace(
      '"A":"1"',
      '"A":"1","__proto__":"x","constructor":"y","toString":"z"',
    ),
  );
  const parsed = parseParams("apps.apply", { spec });
  expect(Object.getPrototypeOf(parsed.spec.apps[0]?.environment)).toBe(Object.prototype);
  expect("polluted" in {}).toBe(false);
});

test("T12: a list of more than 10,000 in one call is refused", () => {
  const ids = Array<string>(10_001).fill("1");
  expect(() => parseParams("operations.wait", { ids })).toThrow(/ids/);
  expect(() => parseParams("logs.read", { targets: ids.map(() => ({ project: "shop" })) })).toThrow(
    /targets/,
  );
  expect(() => parseParams("events.read", { limit: 1e300 })).toThrow(/limit/);
  expect(() => parseParams("events.read", { after: Number.POSITIVE_INFINITY })).toThrow(/after/);
});
