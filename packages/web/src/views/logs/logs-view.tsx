import type { ReactNode } from "react";
export function LogsView(_: Readonly<Record<string, unknown>>): ReactNode {
  return <h1>logs</h1>;
}
