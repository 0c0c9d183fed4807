import { useMemo, useSyncExternalStore } from "react";
import { parseRoute, type Route, routeText } from "./route.ts";

export function useRoute(): Route {
  const fragment = useSyncExternalStore(subscribe, () => location.hash);
  return useMemo(() => parseRoute(fragment), [fragment]);
}

export function goTo(route: Route): void {
  location.hash = routeText(route);
}

/** Names the same view more exactly, without an entry in the browser's history. */
export function renameTo(route: Route): void {
  history.replaceState(null, "", routeText(route));
  dispatchEvent(new HashChangeEvent("hashchange"));
}

function subscribe(tell: () => void): () => void {
  addEventListener("hashchange", tell);
  return () => removeEventListener("hashchange", tell);
}
