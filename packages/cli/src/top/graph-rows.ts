import type { AppStatus } from "@holdfast/daemon/api";
import type { Dependency } from "./model.ts";

/** One app in the picture of what needs what: each app once, below the last of those it needs. */
export interface GraphRow {
  readonly app: AppStatus;
  /** The branches before its name: `│  └─ `. */
  readonly branches: string;
  /** What it needs, first of the app above it. */
  readonly needs: readonly Dependency[];
}

/**
 * The apps as trees, those that need nothing at the roots. An app that needs several stands below the one that is
 * furthest from the roots, which is what it comes up after; the others are named beside it.
 */
export function graphRows(
  apps: readonly AppStatus[],
  dependencies: ReadonlyMap<string, readonly Dependency[]>,
): readonly GraphRow[] {
  const known = new Map<string, AppStatus[]>();
  for (const app of apps) {
    const name = nameOf(app);
    const instances = known.get(name);
    if (instances === undefined) known.set(name, [app]);
    else instances.push(app);
  }
  const names = [...known.keys()].sort();
  const needsOf = (name: string): readonly Dependency[] => {
    const project = name.slice(0, name.indexOf("/"));
    return (dependencies.get(name) ?? []).filter(({ app }) => known.has(`${project}/${app}`));
  };
  const depths = depthsOf(names, needsOf);
  const children = new Map<string, Child[]>();
  for (const name of names) {
    const needs = needsOf(name);
    const project = name.slice(0, name.indexOf("/"));
    const depthOf = ({ app }: Dependency): number => depths.get(`${project}/${app}`) ?? 0;
    const main = needs.toSorted((a, b) => depthOf(b) - depthOf(a))[0];
    const parent = main === undefined ? "" : `${project}/${main.app}`;
    const ordered = main === undefined ? [] : [main, ...needs.filter((need) => need !== main)];
    children.set(parent, [...(children.get(parent) ?? []), { name, needs: ordered }]);
  }
  return rowsBelow("", "", known, children);
}

interface Child {
  readonly name: string;
  readonly needs: readonly Dependency[];
}

function rowsBelow(
  parent: string,
  margin: string,
  known: ReadonlyMap<string, readonly AppStatus[]>,
  children: ReadonlyMap<string, readonly Child[]>,
): readonly GraphRow[] {
  const below = children.get(parent) ?? [];
  return below.flatMap(({ name, needs }, at): readonly GraphRow[] => {
    const isRoot = parent === "";
    const isLast = at === below.length - 1;
    const branches = isRoot ? "" : `${margin}${isLast ? "└─ " : "├─ "}`;
    const next = isRoot ? "" : `${margin}${isLast ? "   " : "│  "}`;
    const instances = (known.get(name) ?? []).toSorted((a, b) => a.instance - b.instance);
    return [
      ...instances.map((app, index) => ({
        app,
        branches: index === 0 ? branches : next,
        needs: index === 0 ? needs : [],
      })),
      ...rowsBelow(name, next, known, children),
    ];
  });
}

/** How far each is from the roots. A circle, which no manifest may have, ends where it began. */
function depthsOf(
  names: readonly string[],
  needsOf: (name: string) => readonly Dependency[],
): ReadonlyMap<string, number> {
  const depths = new Map<string, number>();
  const visit = (name: string): number => {
    const found = depths.get(name);
    if (found !== undefined) return found;
    depths.set(name, 0);
    const project = name.slice(0, name.indexOf("/"));
    const depth = Math.max(0, ...needsOf(name).map(({ app }) => visit(`${project}/${app}`) + 1));
    depths.set(name, depth);
    return depth;
  };
  names.forEach(visit);
  return depths;
}

function nameOf({ project, name }: AppStatus): string {
  return `${project}/${name}`;
}
