import { createContext, useContext } from "react";
import type { Connection } from "../connection/connection.ts";
import type { Notices } from "./notices.ts";
import type { PageStore } from "./page-store.ts";

/** What every view works with. */
export interface Page {
  readonly store: PageStore;
  readonly connection: Connection;
  readonly notices: Notices;
}

export const PageContext: React.Context<Page | null> = createContext<Page | null>(null);

export function usePage(): Page {
  const page = useContext(PageContext);
  if (page === null) throw new TypeError("no page around this component");
  return page;
}
