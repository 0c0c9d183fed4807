import { expect, test } from "vitest";
import { ownMs } from "../../../../test/checks/own-time.ts";
import { orderByDependency } from "../../src/manifest/dependency-graph.ts";
import { formatProblem, ProblemList } from "../../src/manifest/problem.ts";

/** `a: b c?` means that a depends on b, and on c if there is one; the n-th line is line n. */
function order(...lines: readonly string[]): { order: readonly string[]; problems: readonly string[] } {
  const problems = new ProblemList();
  const nodes = lines.map((line, index) => {
    const [name = "", rest = ""] = line.split(":");
    const edges = rest
      .split(" ")
      .filter(Boolean)
      .map((to, place) => ({
        to: to.replace("?", ""),
        required: !to.endsWith("?"),
        location: { file: "f", line: index + 1, column: place + 1 },
      }));
    return { name, edges };
  });
  return { order: orderByDependency(nodes, "service", problems), problems: problems.all.map(formatProblem) };
}

test("each comes after what it depends on, and otherwise in the order given", () => {
  expect(order("web: db cache", "db:", "job: web", "cache:", "z:")).toEqual({
    order: ["db", "cache", "z", "web", "job"],
    problems: [],
  });
});

test("a cycle is printed, where it begins, and once", () => {
  expect(order("a: b", "b: c", "c: a", "d: a", "e:")).toEqual({
    order: ["e"],
    problems: ["f:1:1: dependency cycle: a → b → c → a"],
  });
});

test("a cycle is found behind one who only waits for it", () => {
  expect(order("x: a", "a: y b", "b: a", "y:").problems).toEqual(["f:2:2: dependency cycle: a → b → a"]);
});

test("two cycles are both told", () => {
  expect(order("a: b", "b: a", "c: d", "d: c").problems).toEqual([
    "f:1:1: dependency cycle: a → b → a",
    "f:3:1: dependency cycle: c → d → c",
  ]);
});

test("waiting for oneself is told as such", () => {
  expect(order("a: a", "b: a")).toEqual({
    order: ["a", "b"],
    problems: ['f:1:1: service "a" depends on itself'],
  });
});

test("an unknown name is refused with the one that was meant, unless it is not required", () => {
  expect(order("web: databse other?", "database:").problems).toEqual([
    'f:1:1: service "web" depends on an unknown service "databse" (did you mean "database"?)',
  ]);
});

test("a chain of thousands is ordered in no time", () => {
  const lines = Array.from({ length: 20_000 }, (_, index) => `n${index}: n${index + 1}?`);
  const started = ownMs();
  expect(order(...lines).order[0]).toBe("n19999");
  expect(ownMs() - started).toBeLessThan(1000);
});
