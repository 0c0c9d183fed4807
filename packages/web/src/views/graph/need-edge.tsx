import { BaseEdge, type Edge, type EdgeProps } from "@xyflow/react";
import type { ReactNode } from "react";
import type { Line, Place } from "./layout.ts";

export type NeedEdgeType = Edge<{ readonly line: Line }, "need">;

/** A line that goes where the layout found room for it, with its label. */
export function NeedEdge({ id, data, label }: EdgeProps<NeedEdgeType>): ReactNode {
  if (data === undefined) return null;
  const { points, label: at } = data.line;
  return <BaseEdge id={id} path={pathOf(points)} label={label} labelX={at.x} labelY={at.y} />;
}

/** Through each point, and straight down there, so that it keeps away from what stands beside. */
export function pathOf(points: readonly Place[]): string {
  return points
    .map((point, index) => {
      const before = points[index - 1];
      if (before === undefined) return `M${text(point)}`;
      const y = (before.y + point.y) / 2;
      return `C${text({ x: before.x, y })} ${text({ x: point.x, y })} ${text(point)}`;
    })
    .join(" ");
}

function text({ x, y }: Place): string {
  return `${x.toFixed(1)} ${y.toFixed(1)}`;
}
