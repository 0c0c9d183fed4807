import type { ReactNode } from "react";
import type { AppStatus, Target } from "../api.ts";
import { type ActionName, actionLabels, actionNames, whyNotNow } from "../state/app-actions.ts";
import { useWhyNot } from "../state/may-change.ts";
import { usePage } from "../state/page.ts";
import { Button } from "./button.tsx";

interface AppButtonsProps {
  /** The instances that are meant. */
  readonly rows: readonly AppStatus[];
  readonly target: Target;
  /** What they are called together, for who hears the buttons. */
  readonly what: string;
  readonly bare?: boolean;
}

/** Start, stop and restart of one app or instance, as far as they make sense now. */
export function AppButtons({ rows, target, what, bare = false }: AppButtonsProps): ReactNode {
  const { connection } = usePage();
  const whyNot = useWhyNot();
  const ask = (action: ActionName): Promise<unknown> =>
    connection.call(`apps.${action}`, { targets: [target] });
  return (
    <span className="buttons">
      {actionNames.map((action) => {
        const label = actionLabels[action];
        return (
          <Button
            key={action}
            label={bare ? `${label} ${what}` : label}
            icon={action}
            bare={bare}
            whyNot={whyNot ?? whyNotNow(action, rows)}
            onPress={() => ask(action)}
          />
        );
      })}
    </span>
  );
}
