import { useEffect } from "react";
import type { AppStatus } from "../../api.ts";
import { goTo } from "../../routing/use-route.ts";
import { isShortcut } from "../../shell/use-shortcuts.ts";
import { type ActionName, whyNotNow } from "../../state/app-actions.ts";
import { appKey, instanceKey } from "../../state/app-key.ts";
import { useWhyNot } from "../../state/may-change.ts";
import { usePage } from "../../state/page.ts";
import { titleOf } from "./app-row.tsx";

const actionOfKey: Readonly<Record<string, ActionName>> = { s: "start", q: "stop", r: "restart" };

/** The keys of the overview. Where one is, is where the focus is: one truth, and the browser's. */
export function useOverviewKeys(
  rows: readonly AppStatus[],
  selected: ReadonlySet<string>,
  setSelected: (selected: ReadonlySet<string>) => void,
): void {
  const { connection, notices, store } = usePage();
  const whyNot = useWhyNot();
  useEffect(() => {
    const listen = (event: KeyboardEvent): void => {
      if (!isShortcut(event)) return;
      const keys = rows.map(instanceKey);
      const here = document.activeElement?.closest("tr[data-instance]")?.getAttribute("data-instance");
      const index = here == null ? -1 : keys.indexOf(here);
      // As it is, and as its own line shows it: the list may be a moment behind, and would swallow the key.
      const row = here == null ? undefined : store.row(here);
      const step =
        event.key === "j" || event.key === "ArrowDown"
          ? 1
          : event.key === "k" || event.key === "ArrowUp"
            ? -1
            : 0;
      if (step !== 0) {
        // Without a row to go on from, the arrows scroll as ever.
        if (index === -1 && event.key.startsWith("Arrow")) return;
        focusRow(keys[Math.max(0, Math.min(keys.length - 1, index + step))]);
      } else if (event.key === "a") {
        setSelected(keys.every((key) => selected.has(key)) ? new Set() : new Set(keys));
      } else if (row === undefined || here == null) {
        return;
      } else if (event.key === "x") {
        setSelected(
          selected.has(here)
            ? new Set([...selected].filter((key) => key !== here))
            : new Set([...selected, here]),
        );
      } else if (event.key === "l") {
        goTo({ view: "logs", apps: [appKey(row)], text: "" });
      } else {
        const action = actionOfKey[event.key];
        if (action === undefined) return;
        const idle = whyNot ?? whyNotNow(action, [row]);
        if (idle !== null) {
          notices.warn({ message: `${titleOf(row)} was not asked to ${action}.`, nextStep: idle });
        } else {
          const { project, name, instance } = row;
          notices.watch(connection.call(`apps.${action}`, { targets: [{ project, name, instance }] }));
        }
      }
      event.preventDefault();
    };
    addEventListener("keydown", listen);
    return () => removeEventListener("keydown", listen);
  }, [rows, selected, setSelected, whyNot, connection, notices, store]);
}

function focusRow(key: string | undefined): void {
  if (key === undefined) return;
  document.querySelector<HTMLElement>(`tr[data-instance="${CSS.escape(key)}"] td.app a`)?.focus();
}
