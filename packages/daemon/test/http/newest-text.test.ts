import { expect, test } from "vitest";
import { NewestText } from "../../src/http/newest-text.ts";

test("texts are written one at a time, and what was overtaken meanwhile is left out", async () => {
  const begun: string[] = [];
  const ends: (() => void)[] = [];
  const file = new NewestText((text) => {
    begun.push(text);
    return new Promise<void>((resolve) => ends.push(resolve));
  });
  const told: string[] = [];
  const keep = (text: string): void => void file.keep(text).then(() => told.push(text));
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

  keep("one");
  await turn();
  keep("two");
  keep("three");
  await turn();
  expect([begun, told]).toEqual([["one"], []]);

  ends[0]?.();
  await turn();
  expect([begun, told]).toEqual([["one", "three"], ["one"]]);

  const settled = file.settled().then(() => told.push("settled"));
  await turn();
  ends[1]?.();
  await settled;
  expect(told).toEqual(["one", "two", "three", "settled"]);
  keep("four");
  await turn();
  expect(begun.at(-1)).toBe("four");
});
