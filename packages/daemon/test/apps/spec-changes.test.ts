import { expect, test } from "vitest";
import { sameSpec } from "../../src/apps/spec-changes.ts";
import type { AppSpec } from "../../src/spec/app-spec.ts";
import { appSpec } from "../fakes/app-spec.ts";

function app(environment: AppSpec["environment"], inheritedVariables: readonly string[] = []): AppSpec {
  return appSpec("web", { environment, inheritedVariables });
}

test("where it is written, and the order of its variables, change nothing", () => {
  const elsewhere = { ...app({ B: "2", A: "1" }), source: { file: "other.yaml", line: 9, column: 9 } };
  expect(sameSpec(app({ A: "1", B: "2" }), elsewhere)).toBe(true);
});

test("another caller's variables change nothing, be they others, more or fewer", () => {
  const one = app({ A: "1", PATH: "/bin", SHLVL: "1" }, ["PATH", "SHLVL"]);
  expect(sameSpec(one, app({ A: "1", PATH: "/usr/bin", SHLVL: "2" }, ["PATH", "SHLVL"]))).toBe(true);
  expect(sameSpec(one, app({ A: "1", PATH: "/bin", SSH_TTY: "x" }, ["PATH", "SSH_TTY"]))).toBe(true);
});

test("a declared variable counts, also where the caller happened to have the same", () => {
  expect(sameSpec(app({ A: "1" }), app({ A: "2" }))).toBe(false);
  expect(sameSpec(app({ A: "1" }, ["A"]), app({ A: "2" }))).toBe(false);
  expect(sameSpec(app({ A: "1" }), app({}))).toBe(false);
});

test("any other difference counts", () => {
  expect(sameSpec(app({}), { ...app({}), replicas: 2 })).toBe(false);
});
