/** Places in an expanded text told as places in the text that the user wrote. */
import type { SourceLocation } from "../../spec/app-spec.ts";
import type { Located, LocatedEntry } from "../located.ts";
import type { Expanded } from "./expand-env.ts";

export type Relocate = (location: SourceLocation) => SourceLocation;

/** Maps lines and columns of `expanded.text` back to those of `original`. */
export function relocator(original: string, expanded: Expanded): Relocate {
  const newLines = lineStarts(expanded.text);
  const oldLines = lineStarts(original);
  return (location) => {
    const offset = (newLines[location.line - 1] ?? 0) + location.column - 1;
    const stretch =
      expanded.stretches[lastAtMost(expanded.stretches.length, (i) => expanded.stretches[i]?.at, offset)];
    const source =
      stretch === undefined ? offset : stretch.from + (stretch.verbatim ? offset - stretch.at : 0);
    const line = lastAtMost(oldLines.length, (i) => oldLines[i], source);
    return { file: location.file, line: line + 1, column: source - (oldLines[line] ?? 0) + 1 };
  };
}

/** The same tree at other places. What was one shared node stays one, or a small file could become a large tree. */
export function relocateTree(root: Located, relocate: Relocate): Located {
  const done = new Map<Located, Located>();
  const move = (node: Located): Located => {
    const known = done.get(node);
    if (known !== undefined) return known;
    const moved = moveOne(node);
    done.set(node, moved);
    return moved;
  };
  const moveOne = (node: Located): Located => {
    const location = relocate(node.location);
    if (node.kind === "scalar") return { ...node, location };
    if (node.kind === "list") return { ...node, location, items: node.items.map(move) };
    const entries = new Map<string, LocatedEntry>();
    for (const { key, keyLocation, value } of node.entries.values()) {
      entries.set(key, { key, keyLocation: relocate(keyLocation), value: move(value) });
    }
    return { ...node, location, entries };
  };
  return move(root);
}

function lineStarts(text: string): readonly number[] {
  const starts = [0];
  for (let index = text.indexOf("\n"); index >= 0; index = text.indexOf("\n", index + 1))
    starts.push(index + 1);
  return starts;
}

/** The last index whose number is at most `wanted`, by halving; 0 when there is none. */
function lastAtMost(length: number, numberAt: (index: number) => number | undefined, wanted: number): number {
  let low = 0;
  let high = length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((numberAt(middle) ?? Number.POSITIVE_INFINITY) <= wanted) low = middle;
    else high = middle - 1;
  }
  return low;
}
