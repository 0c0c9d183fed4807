import { useEffect } from "react";
import { readPreference } from "../browser/preferences.ts";
import type { Route } from "../routing/route.ts";
import { goTo } from "../routing/use-route.ts";

/** After `g`, the view to go to. */
const places: Readonly<Record<string, Route>> = {
  o: { view: "overview" },
  g: { view: "graph", project: null },
  l: { view: "logs", apps: [], text: "" },
  e: { view: "events", app: null },
  s: { view: "system" },
};

/** The keys that do something in every view; views add their own by `useKey`. */
export function useShortcuts(openHelp: () => void): void {
  useEffect(() => {
    let isGoing = false;
    const listen = (event: KeyboardEvent): void => {
      if (!isShortcut(event)) return;
      const place = isGoing ? places[event.key] : undefined;
      isGoing = !isGoing && event.key === "g";
      if (place !== undefined) {
        event.preventDefault();
        event.stopImmediatePropagation();
        goTo(place);
      } else if (event.key === "?") {
        event.preventDefault();
        openHelp();
      } else if (event.key === "/") {
        const field = document.querySelector<HTMLElement>("main [type=search]");
        if (field === null) return;
        event.preventDefault();
        field.focus();
      }
    };
    addEventListener("keydown", listen);
    return () => removeEventListener("keydown", listen);
  }, [openHelp]);
}

/** Single keys do nothing where one writes, with a modifier, before a dialog, or when they are switched off. */
export function isShortcut(event: KeyboardEvent): boolean {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return false;
  if (readPreference("shortcuts") === "off" && event.key !== "?") return false;
  if (document.querySelector("dialog[open]") !== null) return false;
  const { target } = event;
  return !(
    target instanceof HTMLElement &&
    target.matches("input:not([type=checkbox]), textarea, select, [contenteditable]")
  );
}
