import { expect, test } from "vitest";
import { trimmable } from "../../../src/server/store/trimmable.ts";

const slot = { trimmed: 10, wasRead: 12, bytes: 50 };
const events = [11, 12, 13, 14, 15].map((seq) => ({ seq, at: seq * 100, bytes: 10 }));

test.each([
  ["nothing old, and room for all", { before: 0, keepBytes: 50 }, { upTo: 10, count: 0, bytes: 0 }],
  ["what is old goes, read or not", { before: 1_400, keepBytes: 50 }, { upTo: 13, count: 3, bytes: 30 }],
  [
    "of what was read as much as is too much",
    { before: 0, keepBytes: 45 },
    { upTo: 11, count: 1, bytes: 10 },
  ],
  [
    "what was not read stays, however much it is",
    { before: 0, keepBytes: 0 },
    { upTo: 12, count: 2, bytes: 20 },
  ],
  ["both together", { before: 1_301, keepBytes: 0 }, { upTo: 13, count: 3, bytes: 30 }],
])("%s", (_what, rule, gone) => {
  expect(trimmable(slot, events, rule)).toEqual(gone);
});

test("an event is never trimmed before one that comes before it: a clock that was set back makes no hole", () => {
  const setBack = [
    { seq: 11, at: 9_000, bytes: 10 },
    { seq: 12, at: 100, bytes: 10 },
  ];
  expect(trimmable({ ...slot, wasRead: 0 }, setBack, { before: 5_000, keepBytes: 0 })).toMatchObject({
    count: 0,
  });
});
