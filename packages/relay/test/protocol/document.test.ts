import { readFileSync } from "node:fs";
import { errorKinds } from "@holdfast/relay/protocol";
import { expect, test } from "vitest";

const text = readFileSync(new URL("../../../../docs/relay/protocol.md", import.meta.url), "utf8");
const rows = [...text.matchAll(/^\| `(?<code>[A-Z_]+)`\s*\| (?<status>\d{3})\s*\| (?<later>yes)?/gm)];

test("the protocol document has every code, with the status and the retry that it is answered with", () => {
  const told = rows.map(({ groups }) => [
    groups?.["code"],
    Number(groups?.["status"]),
    groups?.["later"] === "yes",
  ]);
  const kinds = Object.entries(errorKinds).map(([code, { status, retry }]) => [
    code,
    status,
    retry === "later",
  ]);
  expect(told.sort()).toEqual(kinds.sort());
});
