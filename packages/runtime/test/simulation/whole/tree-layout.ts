import type { Backoff, ChildSpec, Strategy } from "../../../src/index.ts";
import type { Leaf } from "./leaf.ts";

/** What is known beforehand of one supervisor of the tree. */
export interface Layout {
  readonly strategy: Strategy;
  readonly intensity: number;
  readonly periodMs: number;
  readonly stopOrder: "reverse" | "together";
  /** No child is left before its own deadline. */
  readonly hasBudget: boolean;
  readonly children: readonly ChildSpec[];
  readonly leaves: Map<string, Leaf>;
}

/** A child as its events tell it. */
export interface Seen {
  readonly startedAt: number;
  phase: "starting" | "ready" | "ended";
  attempt: number;
  startsAt: number;
}

/** A supervisor as its events tell it. */
export interface State {
  readonly layout: Layout;
  readonly order: string[];
  readonly restarts: number[];
  readonly children: Map<string, Seen>;
  /** Stopped because somebody asked for it, and nobody asked otherwise since. */
  readonly held: Set<string>;
  /** It has ended as failed. */
  hasFailed: boolean;
}

/** Nothing of a leaf runs but what was left behind. */
export function isOver({ leaves }: Layout, id: string): boolean {
  return leaves.get(id)?.live.every(({ isLeft }) => isLeft) ?? false;
}

/** The delays a backoff may give. */
export function range({ initialMs, factor, maxMs, jitter }: Backoff, attempt: number): [number, number] {
  const full = Math.min(maxMs, initialMs * factor ** (attempt - 1));
  return jitter === "equal" ? [full / 2, full] : [full, full];
}
