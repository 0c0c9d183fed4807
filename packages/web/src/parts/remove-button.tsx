import { type ReactNode, useId, useState } from "react";
import type { AppStatus, Target } from "../api.ts";
import { appKey } from "../state/app-key.ts";
import { useWhyNot } from "../state/may-change.ts";
import { usePage } from "../state/page.ts";
import { useAnswer } from "../state/use-answer.ts";
import { bytesText } from "../time/format.ts";
import { Button } from "./button.tsx";
import { Dialog } from "./dialog.tsx";

interface RemoveProps {
  /** Of the apps that are meant; all instances of each are removed. */
  readonly rows: readonly AppStatus[];
}

/** Removes apps for good, once it was said what that destroys. */
export function RemoveButton({ rows }: RemoveProps): ReactNode {
  const whyNot = useWhyNot();
  const [isAsked, setAsked] = useState(false);
  const count = new Set(rows.map(appKey)).size;
  const isUnderWay = rows.length > 0 && rows.every(({ state }) => state === "removing");
  return (
    <>
      <Button
        label={count > 1 ? `Remove ${count}…` : "Remove…"}
        icon="remove"
        tone="danger"
        whyNot={whyNot ?? (isUnderWay ? "It is being removed." : null)}
        onPress={() => setAsked(true)}
      />
      {isAsked && <ConfirmRemove rows={rows} onClose={() => setAsked(false)} />}
    </>
  );
}

function ConfirmRemove({ rows, onClose }: RemoveProps & { readonly onClose: () => void }): ReactNode {
  const { connection } = usePage();
  const [keepData, setKeepData] = useState(false);
  const id = useId();
  const apps = new Map(
    rows.map((row): [string, Target] => [appKey(row), { project: row.project, name: row.name }]),
  );
  const targets = [...apps.values()];
  const [only] = targets;
  const extents = useAnswer((asked) => asked.call("logs.extent", { targets }), "");
  const what = targets.length === 1 ? (only?.name ?? "") : `${targets.length} apps`;
  const it = targets.length === 1 ? "it" : "them";
  const remove = async (): Promise<unknown> => {
    onClose();
    return await connection.call("apps.remove", { targets, keepData });
  };
  const bytes =
    extents.kind === "there"
      ? ` (${bytesText(extents.value.reduce((sum, log) => sum + log.endOffset - log.firstOffset, 0))})`
      : "";
  return (
    <Dialog
      title={`Remove ${what}?`}
      onClose={onClose}
      actions={
        <>
          <Button label="Leave it as it is" onPress={onClose} />
          <Button label={`Remove ${what}`} tone="danger" onPress={remove} />
        </>
      }
    >
      <p>The daemon stops {it}, with all instances, and then:</p>
      <ul>
        <li>
          {keepData ? (
            <>keeps the output{bytes}</>
          ) : (
            <>
              <strong>deletes the output{bytes}</strong>, for good
            </>
          )}
        </li>
        <li>
          <strong>forgets {it}</strong>: exits, restarts and probe results too
        </li>
        <li>leaves files of your own alone: volumes, and a log file that the manifest names</li>
      </ul>
      <p>What the manifest still has comes back with the next holdfast up.</p>
      {targets.length > 1 && <p className="names">{[...apps.keys()].join(", ")}</p>}
      <label className="check" htmlFor={id}>
        <input id={id} type="checkbox" checked={keepData} onChange={() => setKeepData(!keepData)} />
        Keep the output on the disk
      </label>
    </Dialog>
  );
}
