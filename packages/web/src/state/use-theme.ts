import { useSyncExternalStore } from "react";

/** `light` or `dark`, as the page is drawn now. */
export function useTheme(): string {
  return useSyncExternalStore(subscribe, currentTheme);
}

function currentTheme(): string {
  return document.documentElement.dataset["theme"] ?? (dark().matches ? "dark" : "light");
}

function subscribe(tell: () => void): () => void {
  const watch = new MutationObserver(tell);
  watch.observe(document.documentElement, { attributeFilter: ["data-theme"] });
  const query = dark();
  query.addEventListener("change", tell);
  return () => {
    watch.disconnect();
    query.removeEventListener("change", tell);
  };
}

function dark(): MediaQueryList {
  return matchMedia("(prefers-color-scheme: dark)");
}
