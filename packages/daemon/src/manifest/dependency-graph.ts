/** Who waits for whom: unknown names, waiting for oneself, cycles, and an order in which all can start. */
import type { SourceLocation } from "../spec/app-spec.ts";
import { didYouMean } from "./nearest.ts";
import type { ProblemList } from "./problem.ts";

export interface GraphEdge {
  readonly to: string;
  /** False: it is no mistake when nobody has that name. */
  readonly required: boolean;
  readonly location: SourceLocation;
}

export interface GraphNode {
  readonly name: string;
  readonly edges: readonly GraphEdge[];
}

/**
 * The names in an order in which each comes after all it depends on, else as given. Adds `unknown-dependency`,
 * `self-dependency` and `dependency-cycle` (each cycle once, as `a → b → a`); what is in or behind a cycle is
 * then absent from the order. `noun` says what a node is: `service`, `process`.
 */
export function orderByDependency(
  nodes: readonly GraphNode[],
  noun: string,
  problems: ProblemList,
): readonly string[] {
  const edges = new Map<string, readonly GraphEdge[]>();
  const names = nodes.map((node) => node.name);
  const known = new Set(names);
  for (const node of nodes) edges.set(node.name, usableEdges(node, known, noun, problems));
  const { order, stuck } = sort(names, edges);
  reportCycles(stuck, edges, problems);
  return order;
}

function usableEdges(
  node: GraphNode,
  known: ReadonlySet<string>,
  noun: string,
  problems: ProblemList,
): readonly GraphEdge[] {
  return node.edges.filter((edge) => {
    if (edge.to === node.name) {
      problems.add("self-dependency", `${noun} "${node.name}" depends on itself`, edge.location);
      return false;
    }
    if (known.has(edge.to)) return true;
    if (edge.required && !problems.isFull) {
      const message = `${noun} "${node.name}" depends on an unknown ${noun} "${edge.to}"`;
      problems.add("unknown-dependency", message, edge.location, didYouMean(edge.to, known));
    }
    return false;
  });
}

/** Takes, again and again, what waits for nobody; who is left waits for a cycle. */
function sort(
  names: readonly string[],
  edges: ReadonlyMap<string, readonly GraphEdge[]>,
): { order: readonly string[]; stuck: ReadonlySet<string> } {
  const waiting = new Map<string, number>();
  const dependants = new Map<string, string[]>();
  for (const name of names) {
    const own = new Set((edges.get(name) ?? []).map((edge) => edge.to));
    waiting.set(name, own.size);
    for (const to of own) {
      const known = dependants.get(to);
      if (known === undefined) dependants.set(to, [name]);
      else known.push(name);
    }
  }
  const order = names.filter((name) => waiting.get(name) === 0);
  for (const name of order) {
    for (const dependant of dependants.get(name) ?? []) {
      const left = (waiting.get(dependant) ?? 0) - 1;
      waiting.set(dependant, left);
      // Grows the list that is being walked: that is the walk.
      if (left === 0) order.push(dependant);
    }
  }
  const sorted = new Set(order);
  return { order, stuck: new Set(names.filter((name) => !sorted.has(name))) };
}

function reportCycles(
  stuck: ReadonlySet<string>,
  edges: ReadonlyMap<string, readonly GraphEdge[]>,
  problems: ProblemList,
): void {
  const visited = new Set<string>();
  for (const start of stuck) {
    const path: GraphEdge[] = [];
    const places = new Map<string, number>();
    let name: string | undefined = start;
    while (name !== undefined && !visited.has(name)) {
      visited.add(name);
      places.set(name, path.length);
      const edge: GraphEdge | undefined = edges.get(name)?.find((candidate) => stuck.has(candidate.to));
      if (edge === undefined) break;
      path.push(edge);
      name = edge.to;
    }
    const from = name === undefined ? undefined : places.get(name);
    if (name === undefined || from === undefined || from === path.length) continue;
    const cycle = path.slice(from);
    const shown = [name, ...cycle.map((edge) => edge.to)].join(" → ");
    problems.add("dependency-cycle", `dependency cycle: ${shown}`, cycle[0]?.location);
  }
}
