import { Graph, layout } from "@dagrejs/dagre";

/** An app in the graph, and what it needs. */
export interface Vertex {
  readonly id: string;
  readonly needs: readonly string[];
}

export interface Place {
  readonly x: number;
  readonly y: number;
}

export const nodeWidth = 210;
export const nodeHeight = 64;
const gap = 28;

/**
 * Where each app is drawn, top-down: what is needed stands above who needs it. Those that have nothing to do with any
 * other stand in rows below. Ids that are needed and not there are left out.
 */
export function places(vertices: readonly Vertex[]): ReadonlyMap<string, Place> {
  const ids = new Set(vertices.map(({ id }) => id));
  const edges = vertices.flatMap(({ id, needs }) =>
    needs.filter((need) => ids.has(need)).map((need) => [need, id] as const),
  );
  const joined = new Set(edges.flat());
  const graph = new Graph();
  graph.setGraph({ rankdir: "TB", nodesep: gap, ranksep: 64 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const id of joined) graph.setNode(id, { width: nodeWidth, height: nodeHeight });
  // Room for the label of an edge.
  for (const [from, to] of edges) graph.setEdge(from, to, { width: 80, height: 18, labelpos: "c" });
  layout(graph);
  const found = new Map<string, Place>();
  let bottom = 0;
  let width = 0;
  for (const id of joined) {
    const { x, y } = graph.node(id);
    found.set(id, { x: x - nodeWidth / 2, y: y - nodeHeight / 2 });
    bottom = Math.max(bottom, y + nodeHeight / 2 + gap * 2);
    width = Math.max(width, x + nodeWidth / 2);
  }
  const alone = vertices.filter(({ id }) => !joined.has(id));
  const columns = Math.max(
    Math.floor(width / (nodeWidth + gap)),
    Math.ceil(Math.sqrt(alone.length * 0.8)),
    1,
  );
  for (const [index, { id }] of alone.entries()) {
    const [column, row] = [index % columns, Math.floor(index / columns)];
    found.set(id, { x: column * (nodeWidth + gap), y: bottom + row * (nodeHeight + gap) });
  }
  return found;
}
