import { BaseEdge, type Edge, type EdgeProps } from "@xyflow/react";
import type { ReactNode } from "react";
import type { Line, Place } from "./layout.ts";

export type NeedEdgeType = Edge<{ readonly line: Line }, "need">;

/** A line that goes where the layout found room for it, with its label. */
export function NeedEdge({ id, data, label }: EdgeProps<NeedEdgeType>): ReactNode {
  if (data === undefined) return null;
  const { points, label: at } = data.line;
  return <BaseEdge id={id} path={pathOf(points, at)} label={label} labelX={at.x} labelY={at.y} />;
}

/** Round at each corner, and through the middle of the label. */
export function pathOf(points: readonly Place[], label: Place): string {
  const middle = points.findIndex(({ x, y }) => x === label.x && y === label.y);
  if (middle <= 0) return curve(points);
  return curve(points.slice(0, middle + 1)) + curve(points.slice(middle));
}

function curve(points: readonly Place[]): string {
  const [first, ...rest] = points;
  const last = rest.at(-1);
  if (first === undefined || last === undefined) return "";
  const turns = rest.slice(0, -1).map((point, index) => {
    const next = rest[index + 1] ?? last;
    return `Q${text(point)} ${text(index === rest.length - 2 ? next : half(point, next))}`;
  });
  return `M${text(first)} ${turns.join(" ")}${turns.length === 0 ? `L${text(last)}` : ""}`;
}

function half(a: Place, b: Place): Place {
  return { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 };
}

function text({ x, y }: Place): string {
  return `${x.toFixed(1)} ${y.toFixed(1)}`;
}
