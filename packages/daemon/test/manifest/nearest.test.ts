import { expect, test } from "vitest";
import { editDistance, nearest } from "../../src/manifest/nearest.ts";

test.each([
  ["", "abc", 3],
  ["abc", "abc", 0],
  ["abc", "acb", 1],
  ["abcd", "acbd", 1],
  ["kitten", "sitting", 3],
  ["ab", "b", 1],
])("from %j to %j it is %i edits", (from, to, distance) => {
  expect(editDistance(from, to)).toBe(distance);
  expect(editDistance(to, from)).toBe(distance);
});

test.each([
  ["comand", "command"],
  ["Command", "command"],
  ["restrat", "restart"],
  ["depend_on", "depends_on"],
  ["enviroment", "environment"],
  ["xyz", undefined],
  ["c", undefined],
  ["", undefined],
  ["x".repeat(1000), undefined],
])("%s is meant to be %s", (name, meant) => {
  expect(nearest(name, ["command", "restart", "depends_on", "environment"])).toBe(meant);
});
