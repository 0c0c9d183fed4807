import type { ReactNode } from "react";
export function SystemView(_: Readonly<Record<string, unknown>>): ReactNode {
  return <h1>system</h1>;
}
