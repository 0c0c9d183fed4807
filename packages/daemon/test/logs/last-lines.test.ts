import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { seededRandom } from "@holdfast/runtime";
import { afterAll, expect, test } from "vitest";
import { lastLines } from "../../src/logs/last-lines.ts";
import { splitLines } from "../../src/logs/lines.ts";

const directory = mkdtempSync(join(tmpdir(), "holdfast-last-"));
const path = join(directory, "1.log");
afterAll(() => rmSync(directory, { recursive: true }));

test("however long the lines are, the last ones begin where reading all of them from the start says", async () => {
  const random = seededRandom(5);
  for (let round = 0; round < 40; round++) {
    const longest = [10, 3_000, 20_000, 60_000][round % 4] ?? 10;
    const lines = Array.from({ length: round % 3 === 0 ? 30 : 300 }, () =>
      "y".repeat(Math.floor(random.next() * longest)),
    );
    const text = Buffer.from(`${lines.join("\n")}\n`);
    writeFileSync(path, text);
    const all = splitLines(text, 0, { atEnd: true, isWithin: false }).lines;
    let breaths = 0;
    const breathe = async (): Promise<void> => void breaths++;
    for (const count of [1, 5, 29, 1_000]) {
      const found = await lastLines(path, { first: 0, end: text.length, count, breathe });
      const offset = count >= all.length ? 0 : all.at(-count)?.offset;
      expect(found).toEqual({ offset, count: Math.min(count, all.length) });
    }
    expect(breaths).toBeGreaterThan(0);
  }
});
