import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { apiErrorCodes } from "../../src/api/contract.ts";
import { summaries } from "../../src/api/method-summaries.ts";

const guide = readFileSync(new URL("../../../../docs/guides/api.md", import.meta.url), "utf8");

/** The rows of the guide's tables whose first cell is code. */
const rows = new Map(
  guide.split("\n").flatMap((line) => {
    const [, code, ...cells] = /^\| `([^`]+)` +\| (.*?) +\|(?: (.*?) +\|)?$/.exec(line) ?? [];
    return code === undefined ? [] : [[code, cells] as const];
  }),
);

test("the guide to the API has every method, and says of it what the document says", () => {
  for (const [name, summary] of Object.entries(summaries)) expect(rows.get(name)?.[0]).toBe(summary);
});

test("the guide to the API has every error code with its number", () => {
  for (const [code, number] of Object.entries(apiErrorCodes)) expect(rows.get(code)?.[0]).toBe(`${number}`);
});
