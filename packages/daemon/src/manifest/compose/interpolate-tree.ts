/** Substitutes the variables in every value of a tree; keys stay as they are. */
import { interpolate, type Lookup } from "../interpolate.ts";
import type { Located, LocatedEntry, LocatedScalar } from "../located.ts";
import type { ProblemList } from "../problem.ts";

/** What a tree is substituted with, and where its mistakes go. */
export interface Substitution {
  readonly lookup: Lookup;
  readonly problems: ProblemList;
  readonly warnings: ProblemList;
}

/** How much text the variables of one file may make, in characters. */
const maxAdded = 16 * 1024 * 1024;

/**
 * A new tree; parts without variables are the same objects, and a shared part is done once and stays shared.
 * Codes: `interpolation-syntax`, `required-variable`, and the warning `unset-variable`.
 */
export function interpolateTree(root: Located, substitution: Substitution): Located {
  const done = new Map<Located, Located>();
  const total = { added: 0 };
  const visit = (node: Located): Located => {
    const known = done.get(node);
    if (known !== undefined) return known;
    const result = visitOne(node, visit, (scalar) => substitute(scalar, substitution, total));
    done.set(node, result);
    return result;
  };
  return visit(root);
}

function visitOne(
  node: Located,
  visit: (node: Located) => Located,
  visitScalar: (scalar: LocatedScalar) => LocatedScalar,
): Located {
  if (node.kind === "scalar") return visitScalar(node);
  if (node.kind === "list") {
    const items = node.items.map(visit);
    return items.every((item, index) => item === node.items[index]) ? node : { ...node, items };
  }
  const entries = new Map<string, LocatedEntry>();
  let changed = false;
  for (const entry of node.entries.values()) {
    const value = visit(entry.value);
    if (value !== entry.value) changed = true;
    entries.set(entry.key, value === entry.value ? entry : { ...entry, value });
  }
  return changed ? { ...node, entries } : node;
}

function substitute(
  node: LocatedScalar,
  { lookup, problems, warnings }: Substitution,
  total: { added: number },
): LocatedScalar {
  if (!node.text.includes("$") || node.value === null || total.added > maxAdded) return node;
  const result = interpolate(node.text, lookup);
  if (!result.ok) {
    const code = result.kind === "syntax" ? "interpolation-syntax" : "required-variable";
    problems.add(
      code,
      result.reason,
      node.location,
      result.kind === "syntax" ? "write $$ for a $" : undefined,
    );
    return node;
  }
  for (const name of result.unset) {
    warnings.add("unset-variable", `the variable ${name} is not set and becomes nothing`, node.location);
  }
  total.added += result.text.length;
  if (total.added > maxAdded) {
    problems.add(
      "interpolation-size",
      "the variables of this file stand for more than 16 MiB",
      node.location,
    );
  }
  return { ...node, text: result.text, value: result.text, raw: node.raw ?? node.text };
}
