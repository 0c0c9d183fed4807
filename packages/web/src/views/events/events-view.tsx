import type { ReactNode } from "react";
export function EventsView(_: Readonly<Record<string, unknown>>): ReactNode {
  return <h1>events</h1>;
}
