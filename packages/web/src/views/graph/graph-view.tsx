import type { ReactNode } from "react";
export function GraphView(_: Readonly<Record<string, unknown>>): ReactNode {
  return <h1>graph</h1>;
}
