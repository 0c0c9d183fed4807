import { expect, test } from "vitest";
import { nodeHeight, nodeWidth, places } from "../src/views/graph/layout.ts";

test("what is needed stands above who needs it, and nothing covers anything", () => {
  const found = places([
    { id: "web", needs: ["migrate", "gone"] },
    { id: "migrate", needs: ["db"] },
    { id: "db", needs: [] },
    { id: "worker", needs: ["migrate"] },
    { id: "alone", needs: [] },
    { id: "also-alone", needs: [] },
  ]);
  const y = (id: string): number => found.get(id)?.y ?? Number.NaN;
  expect(y("db")).toBeLessThan(y("migrate"));
  expect(y("migrate")).toBeLessThan(y("web"));
  expect(y("alone")).toBeGreaterThan(y("web"));
  const all = [...found.values()];
  for (const [index, a] of all.entries()) {
    for (const b of all.slice(index + 1)) {
      expect(Math.abs(a.x - b.x) >= nodeWidth || Math.abs(a.y - b.y) >= nodeHeight).toBe(true);
    }
  }
});
