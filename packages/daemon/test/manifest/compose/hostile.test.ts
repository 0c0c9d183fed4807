// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the text under test is full of them
import { expect, test } from "vitest";
import { ownMs } from "../../../../../test/checks/own-time.ts";
import { type Files, problemsOf, web } from "../project.ts";

const many = (count: number, line: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => line(index)).join("");

/** Small files that stand for very much, each with the beginning of what refuses it. */
const hostile: Readonly<Record<string, readonly [Files, RegExp]>> = {
  "variables that double": [
    {
      "holdfast.yaml": web("command: run $A40"),
      ".env": `A0=xx\n${many(40, (index) => `A${index + 1}=$A${index}$A${index}\n`)}`,
    },
    /^\.env:\d+:\d+: it becomes longer than 1 MiB/,
  ],
  "a long variable used often": [
    { "holdfast.yaml": web(`command: [x${many(1000, () => ", $A")}]`), ".env": `A=${"x".repeat(900_000)}\n` },
    /^holdfast\.yaml:3:\d+: the variables of this file stand for more than 16 MiB/,
  ],
  "a long variable used often in an environment file": [
    {
      "holdfast.yaml": web("command: x"),
      ".env": `A=${"x".repeat(900_000)}\n${many(1000, (index) => `B${index}=$A\n`)}`,
    },
    /^\.env:\d+:\d+: the variables of this file stand for more than 16 MiB/,
  ],
  "files that include two each": [
    Object.fromEntries([
      ["holdfast.yaml", "include: [f0.yaml, f0.yaml]\n"],
      ...Array.from({ length: 40 }, (_, index) => [
        `f${index}.yaml`,
        `include: [f${index + 1}.yaml, f${index + 1}.yaml]\n`,
      ]),
      ["f40.yaml", "services: {a: {command: x}}\n"],
    ]),
    /^f\d+\.yaml:1:\d+: more than 256 files are included/,
  ],
  "ranges of ports": [
    {
      "holdfast.yaml": `services:\n${many(2000, (index) => `  s${index}: {command: x, ports: ["1-19999:1-19999"]}\n`)}`,
    },
    /^holdfast\.yaml:3:\d+: /,
  ],
  "unknown keys without end": [
    {
      "holdfast.yaml": web(
        "command: x",
        ...Array.from({ length: 20_000 }, (_, index) => `commandd${index}: x`),
      ),
    },
    /^holdfast\.yaml:4:5: services\.web\.commandd0: unknown key/,
  ],
  "unknown dependencies without end": [
    {
      "holdfast.yaml": `services:\n${many(5000, (index) => `  service${index}: {command: x, depends_on: [missing${index}]}\n`)}`,
    },
    /^holdfast\.yaml:2:\d+: service "service0" depends on an unknown service "missing0"/,
  ],
};

test.each(Object.entries(hostile))("%s: refused within a second or so", (_, [files, problem]) => {
  const started = ownMs();
  const problems = problemsOf(files);
  expect(problems[0]).toMatch(problem);
  expect(problems.length).toBeLessThanOrEqual(100);
  // Far above what it takes, for a machine that does other things too, and far below what it would take unbounded.
  expect(ownMs() - started).toBeLessThan(5000);
});
