import { Graph, layout } from "@dagrejs/dagre";

/** An app in the graph, and what it needs; `label` stands at the line between them. */
export interface Vertex {
  readonly id: string;
  readonly needs: readonly { readonly id: string; readonly label: string }[];
}

export interface Place {
  readonly x: number;
  readonly y: number;
}

export const nodeWidth = 210;
export const nodeHeight = 64;
const gap = 28;

/** How a line goes from what is needed to who needs it, and where its label has room. */
export interface Line {
  readonly points: readonly Place[];
  /** The middle of the label, which is one of the points. */
  readonly label: Place;
}

export interface Layout {
  /** The upper left corner of each app. */
  readonly places: ReadonlyMap<string, Place>;
  /** By `lineKey`. */
  readonly lines: ReadonlyMap<string, Line>;
}

export function lineKey(from: string, to: string): string {
  return `${to} ${from}`;
}

export const labelHeight = 18;

/** About as wide as it is drawn, with some room. */
export function labelWidth(text: string): number {
  return text.length * 6 + 12;
}

/**
 * Where each app is drawn, top-down: what is needed stands above who needs it, and lines go around the apps between.
 * Those that have nothing to do with any other stand in rows below. Ids that are needed and not there are left out.
 */
export function layOut(vertices: readonly Vertex[]): Layout {
  const ids = new Set(vertices.map(({ id }) => id));
  const edges = vertices.flatMap(({ id, needs }) =>
    needs.filter((need) => ids.has(need.id)).map(({ id: from, label }) => ({ from, to: id, label })),
  );
  const joined = new Set(edges.flatMap(({ from, to }) => [from, to]));
  const graph = new Graph();
  graph.setGraph({ rankdir: "TB", nodesep: gap, edgesep: gap, ranksep: 64 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const id of joined) graph.setNode(id, { width: nodeWidth, height: nodeHeight });
  for (const { from, to, label } of edges)
    graph.setEdge(from, to, { width: labelWidth(label), height: labelHeight, labelpos: "c" });
  layout(graph);
  const lines = new Map(edges.map(({ from, to }) => [lineKey(from, to), lineIn(graph, from, to)]));
  const places = new Map(
    [...joined].map((id) => {
      const { x, y } = graph.node(id);
      return [id, { x: x - nodeWidth / 2, y: y - nodeHeight / 2 }];
    }),
  );
  const alone = vertices.map(({ id }) => id).filter((id) => !joined.has(id));
  for (const [id, place] of below([...places.values()], alone)) places.set(id, place);
  return { places, lines };
}

/** From the middle below what is needed to the middle above who needs it. */
function lineIn(graph: Graph, from: string, to: string): Line {
  const {
    points = [],
    x = 0,
    y = 0,
  } = graph.edge(from, to) as Partial<Place> & {
    readonly points?: readonly Place[];
  };
  const [above, under] = [graph.node(from), graph.node(to)];
  const begin = { x: above.x, y: above.y + nodeHeight / 2 };
  const end = { x: under.x, y: under.y - nodeHeight / 2 };
  return { points: [begin, ...points.slice(1, -1), end], label: { x, y } };
}

/** In rows, about as wide as what stands above. */
function below(above: readonly Place[], ids: readonly string[]): readonly (readonly [string, Place])[] {
  const width = Math.max(0, ...above.map(({ x }) => x + nodeWidth));
  const bottom = Math.max(0, ...above.map(({ y }) => y + nodeHeight + gap * 2));
  const columns = Math.max(Math.floor(width / (nodeWidth + gap)), Math.ceil(Math.sqrt(ids.length * 0.8)), 1);
  return ids.map((id, index) => {
    const [column, row] = [index % columns, Math.floor(index / columns)];
    return [id, { x: column * (nodeWidth + gap), y: bottom + row * (nodeHeight + gap) }];
  });
}
