import { type ReactNode, useState } from "react";
import type { AppStatus, Target } from "../../api.ts";
import { Button } from "../../parts/button.tsx";
import { Dialog } from "../../parts/dialog.tsx";
import { RemoveButton } from "../../parts/remove-button.tsx";
import { goTo } from "../../routing/use-route.ts";
import { type ActionName, actionLabels, actionNames, canDo } from "../../state/app-actions.ts";
import { appKey } from "../../state/app-key.ts";
import { useWhyNot } from "../../state/may-change.ts";
import { usePage } from "../../state/page.ts";
import { titleOf } from "./app-row.tsx";

/** What can be done with all apps that are selected, in one call. */
export function BulkBar({
  rows,
  onClear,
}: {
  readonly rows: readonly AppStatus[];
  readonly onClear: () => void;
}): ReactNode {
  const { connection } = usePage();
  const whyNot = useWhyNot();
  const [asked, setAsked] = useState<ActionName>();
  const ask = (action: ActionName): Promise<unknown> => {
    setAsked(undefined);
    const targets: readonly Target[] = able(action, rows).map(({ project, name, instance }) => ({
      project,
      name,
      instance,
    }));
    return connection.call(`apps.${action}`, { targets });
  };
  const openLogs = (): void => goTo({ view: "logs", apps: [...new Set(rows.map(appKey))], text: "" });
  return (
    <section className="bulk" aria-label="Selected apps">
      <strong role="status">{rows.length} selected</strong>
      {actionNames.map((action) => {
        const count = able(action, rows).length;
        const idle = count === 0 ? `None of them can be asked to ${action} now.` : null;
        return (
          <Button
            key={action}
            label={`${actionLabels[action]} ${count}`}
            icon={action}
            whyNot={whyNot ?? idle}
            // What takes several apps down at once is asked twice.
            onPress={() => (action === "start" || count === 1 ? ask(action) : setAsked(action))}
          />
        );
      })}
      <Button label="Logs" icon="logs" onPress={openLogs} />
      <RemoveButton rows={rows} />
      <Button label="Clear" icon="close" onPress={onClear} />
      {asked !== undefined && (
        <ConfirmBulk
          action={asked}
          rows={able(asked, rows)}
          onClose={() => setAsked(undefined)}
          onYes={() => ask(asked)}
        />
      )}
    </section>
  );
}

interface ConfirmProps {
  readonly action: ActionName;
  readonly rows: readonly AppStatus[];
  readonly onClose: () => void;
  readonly onYes: () => Promise<unknown>;
}

function ConfirmBulk({ action, rows, onClose, onYes }: ConfirmProps): ReactNode {
  const verb = actionLabels[action];
  return (
    <Dialog
      title={`${verb} ${rows.length} apps?`}
      onClose={onClose}
      actions={
        <>
          <Button label="Leave them" onPress={onClose} />
          <Button
            label={`${verb} ${rows.length}`}
            tone={action === "stop" ? "danger" : "primary"}
            onPress={onYes}
          />
        </>
      }
    >
      <p>
        {action === "stop"
          ? "They get their stop signal, and as long as each of them may take. Nothing that they have stored is removed."
          : "They are stopped and started again. What they serve is away for that long."}
      </p>
      <p className="names">{rows.map((row) => `${row.project}/${titleOf(row)}`).join(", ")}</p>
    </Dialog>
  );
}

function able(action: ActionName, rows: readonly AppStatus[]): readonly AppStatus[] {
  return rows.filter((row) => canDo(action, row));
}
