import { seededRandom } from "@holdfast/runtime";
import { expect, test } from "vitest";
import {
  type Layout,
  labelHeight,
  labelWidth,
  layOut,
  lineKey,
  nodeHeight,
  nodeWidth,
  type Place,
  type Vertex,
} from "../src/views/graph/layout.ts";
import { pathOf } from "../src/views/graph/need-edge.tsx";

const label = "to log that it is ready";
const needs = (...ids: readonly string[]): Vertex["needs"] => ids.map((id) => ({ id, label }));

interface Box extends Place {
  readonly width: number;
  readonly height: number;
}

function overlap(a: Box, b: Box): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

function boxes({ places, lines }: Layout): {
  readonly nodes: readonly Box[];
  readonly labels: readonly Box[];
} {
  const [width, height] = [labelWidth(label), labelHeight];
  return {
    nodes: [...places.values()].map((place) => ({ ...place, width: nodeWidth, height: nodeHeight })),
    labels: [...lines.values()].map(({ label: { x, y } }) => ({
      x: x - width / 2,
      y: y - height / 2,
      width,
      height,
    })),
  };
}

/** No box covers another one. */
function expectApart(boxes: readonly Box[]): void {
  for (const [index, a] of boxes.entries())
    for (const b of boxes.slice(index + 1)) expect([a, b, overlap(a, b)]).toEqual([a, b, false]);
}

test("what is needed stands above who needs it, and nothing covers anything", () => {
  const found = layOut([
    { id: "web", needs: needs("migrate", "gone") },
    { id: "migrate", needs: needs("db") },
    { id: "db", needs: [] },
    { id: "worker", needs: needs("migrate") },
    { id: "alone", needs: [] },
    { id: "also-alone", needs: [] },
  ]);
  const y = (id: string): number => found.places.get(id)?.y ?? Number.NaN;
  expect(y("db")).toBeLessThan(y("migrate"));
  expect(y("migrate")).toBeLessThan(y("web"));
  expect(y("alone")).toBeGreaterThan(y("web"));
  expect(found.lines.size).toBe(3);
  expect(found.lines.has(lineKey("gone", "web"))).toBe(false);
  const { nodes, labels } = boxes(found);
  expectApart([...nodes, ...labels]);
});

test("a need that goes past an app in between is drawn around it, and its label stands beside it", () => {
  const found = layOut([
    { id: "db", needs: [] },
    { id: "migrate", needs: needs("db") },
    { id: "web", needs: needs("migrate", "db") },
  ]);
  const { nodes, labels } = boxes(found);
  expectApart([...nodes, ...labels]);
  const points = found.lines.get(lineKey("db", "web"))?.points ?? [];
  const migrate = found.places.get("migrate") ?? { x: 0, y: 0 };
  const beside = points.filter(({ y }) => y > migrate.y && y < migrate.y + nodeHeight);
  expect(beside.length).toBeGreaterThan(0);
  for (const { x } of beside) expect(x < migrate.x || x > migrate.x + nodeWidth).toBe(true);
});

test("whatever needs whatever, no label covers an app or another label, and each is on its line", () => {
  const random = seededRandom(3);
  for (let round = 0; round < 60; round++) {
    const count = 2 + Math.floor(random.next() * 14);
    const share = random.next() * 0.5;
    const found = layOut(
      Array.from({ length: count }, (_, at) => ({
        id: `app${at}`,
        needs: needs(
          ...Array.from({ length: at }, (_, need) => `app${need}`).filter(() => random.next() < share),
        ),
      })),
    );
    const { nodes, labels } = boxes(found);
    expectApart([...nodes, ...labels]);
    for (const { points, label: at } of found.lines.values()) {
      expect(points).toContainEqual(at);
      expect(pathOf(points)).toMatch(/^M[\d .-]+( C[\d .-]+)+$/);
      expect(pathOf(points)).toContain(` ${at.x.toFixed(1)} ${at.y.toFixed(1)}`);
    }
  }
});
