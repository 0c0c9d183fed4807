import type { ReactNode } from "react";
export function AppView(_: Readonly<Record<string, unknown>>): ReactNode {
  return <h1>app</h1>;
}
