import { expect, test } from "vitest";
import { type Equivalent, percents, scores, staleEquivalents, sum } from "../scripts/mutate/score.ts";

const source = "export const limit = 3;\nexport function isOver(n: number) {\n  return n > limit;\n}\n";
const mutant = (status: string, replacement: string, line: number, from: number, to: number) => ({
  mutatorName: "any",
  status,
  replacement,
  location: { start: { line, column: from }, end: { line, column: to } },
});
const report = {
  files: {
    "src/limit.ts": {
      source,
      mutants: [
        mutant("Killed", "true", 3, 10, 19),
        mutant("Timeout", "false", 3, 10, 19),
        mutant("Survived", "n >= limit", 3, 10, 19),
        mutant("NoCoverage", "{}", 2, 36, 38),
        mutant("RuntimeError", "n < limit", 3, 10, 19),
      ],
    },
  },
};
const known: Equivalent = {
  file: "limit.ts",
  line: "return n > limit;",
  from: "n > limit",
  to: "n >= limit",
  why: "a reason",
};

test("a mutation score counts who was killed or ran out of time; errors are in no score", () => {
  const [score] = scores(report, [], () => "limits");
  expect(score).toMatchObject({
    file: "limit.ts",
    group: "limits",
    tally: { killed: 1, timedOut: 1, survived: 1, notReached: 1, errors: 1, equivalent: 0 },
  });
  expect(score && percents(score.tally)).toEqual({ ofAll: 50, ofReal: 50 });
  expect(score?.survivors[0]).toEqual({
    file: "limit.ts",
    at: 3,
    line: "return n > limit;",
    from: "n > limit",
    to: "n >= limit",
    status: "Survived",
  });
});

test("a survivor listed as equivalent is counted apart, until its line changes", () => {
  const [score] = scores(report, [known], () => "limits");
  expect(score?.tally.equivalent).toBe(1);
  expect(score?.survivors).toHaveLength(1);
  expect(score && percents(score.tally)).toEqual({ ofAll: 50, ofReal: 200 / 3 });
  const moved = { ...known, line: "return n > most;" };
  expect(scores(report, [moved], () => "limits")[0]?.tally.equivalent).toBe(0);
});

test("an equivalent that is none any more is told; one of a file that was not looked at is not", () => {
  expect(staleEquivalents(report, [known])).toEqual([]);
  const killed = { ...known, to: "true" };
  expect(staleEquivalents(report, [known, killed])).toEqual([killed]);
  expect(staleEquivalents(report, [{ ...killed, file: "other.ts" }])).toEqual([]);
});

test("the score of a group is that of its files together, and 100 without any mutant", () => {
  const [score] = scores(report, [known], () => "limits");
  const tallies = score ? [score.tally, score.tally] : [];
  expect(sum(tallies)).toEqual({
    killed: 2,
    timedOut: 2,
    survived: 2,
    notReached: 2,
    errors: 2,
    equivalent: 2,
  });
  expect(percents(sum([]))).toEqual({ ofAll: 100, ofReal: 100 });
});
