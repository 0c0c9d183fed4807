import { formatCursor, hasReached, parseCursor } from "@holdfast/relay/protocol";
import { expect, test } from "vitest";

test.each(["a:0", "k3Jx_-9:1", `${"e".repeat(64)}:9007199254740991`])(
  "%s is a cursor, and is written as it was read",
  (text) => {
    const cursor = parseCursor(text);
    expect(cursor && formatCursor(cursor)).toBe(text);
  },
);

test.each([
  "",
  ":1",
  "a:",
  "a",
  "a:-1",
  "a:01",
  "a:1.0",
  "a:1e3",
  "a:9007199254740992",
  "a b:1",
  "a:1\n",
  `${"e".repeat(65)}:1`,
  "a:1:2",
])("%j is none", (text) => {
  expect(parseCursor(text)).toBeUndefined();
});

test("a cursor has reached the head only within its epoch", () => {
  expect(hasReached({ epoch: "a", seq: 3 }, { epoch: "a", seq: 3 })).toBe(true);
  expect(hasReached({ epoch: "a", seq: 2 }, { epoch: "a", seq: 3 })).toBe(false);
  expect(hasReached({ epoch: "b", seq: 9 }, { epoch: "a", seq: 3 })).toBe(false);
});
