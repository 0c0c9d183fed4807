import {
  type ChildSpec,
  type Clock,
  type Random,
  type SupervisorOptions,
  supervisorChild,
} from "../../../src/index.ts";
import type { World } from "../../../src/testing/index.ts";
import { chance, pick, whole } from "./draw.ts";
import { Leaf } from "./leaf.ts";
import type { Layout } from "./tree-layout.ts";

/** Fills `layouts` with a supervisor at `key`, and all below it; gives its options. */
export function drawSupervisor(
  world: World,
  clock: Clock,
  random: Random,
  layouts: Map<string, Layout>,
  key: string,
  more: readonly ChildSpec[] = [],
): SupervisorOptions {
  const depth = key === "" ? 0 : key.split("/").length;
  const leaves = new Map<string, Leaf>();
  const children: ChildSpec[] = [...more];
  const put = (spec: ChildSpec) => children.splice(whole(random, 0, children.length), 0, spec);
  for (let i = whole(random, 1, 3); i > 0; i--) {
    const leaf = new Leaf(`${"abc"[depth]}${i}`, world, clock, random);
    leaves.set(leaf.id, leaf);
    put(leaf.spec);
  }
  const nested = depth === 0 ? whole(random, 0, 2) : Number(depth === 1 && chance(random, 0.2));
  for (let i = nested; i > 0; i--) {
    const id = `n${i}`;
    const options = drawSupervisor(world, clock, random, layouts, key === "" ? id : `${key}/${id}`);
    put(supervisorChild(id, options, { restart: pick(random, ["permanent", "transient"] as const) }));
  }
  const isRoot = depth === 0;
  const options = {
    strategy: pick(random, ["one-for-one", "one-for-all", "rest-for-one"] as const),
    intensity: isRoot ? whole(random, 2, 6) : whole(random, 1, 3),
    periodMs: isRoot ? 1_000 : 500,
    stopOrder: pick(random, ["reverse", "reverse", "together"] as const),
    children,
  };
  layouts.set(key, { ...options, leaves, hasBudget: false });
  return { ...options, clock, random };
}
