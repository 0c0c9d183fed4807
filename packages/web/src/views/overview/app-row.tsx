import { memo, type ReactNode, useMemo } from "react";
import type { AppStatus } from "../../api.ts";
import { AppButtons } from "../../parts/app-buttons.tsx";
import { Icon } from "../../parts/icon.tsx";
import { Sparkline } from "../../parts/sparkline.tsx";
import { StatePill } from "../../parts/state-pill.tsx";
import { appRoute, routeText } from "../../routing/route.ts";
import { useNow, useRow, useUsages } from "../../state/hooks.ts";
import { ageText, bytesText, cpuText, momentText } from "../../time/format.ts";

interface AppRowProps {
  readonly instance: string;
  readonly isSelected: boolean;
  readonly onSelect: (instance: string, isOn: boolean) => void;
  readonly withProject: boolean;
}

/** One instance. Drawn anew when its own row changes, and not with every other's. */
export const AppRow: React.NamedExoticComponent<AppRowProps> = memo(
  function AppRow({ instance, isSelected, onSelect, withProject }: AppRowProps): ReactNode {
    const row = useRow(instance);
    if (row === undefined) return null;
    const { project, name, restarts } = row;
    const title = titleOf(row);
    return (
      <tr role="row" data-instance={instance} aria-selected={isSelected} className={row.state}>
        <td role="cell" className="select">
          <input
            type="checkbox"
            aria-label={`Select ${title}`}
            checked={isSelected}
            onChange={(event) => onSelect(instance, event.target.checked)}
          />
        </td>
        <td role="cell" className="app">
          <a href={appRoute(row)} title={`${project}/${title}`}>
            {title}
          </a>
          {withProject && <span className="project-of"> {project}</span>}
          {row.ports.length > 0 && <span className="ports mono"> :{row.ports.join(" :")}</span>}
        </td>
        <td role="cell" className="state-cell">
          <StatePill row={row} />
        </td>
        <td role="cell" className="health">
          <Health row={row} />
        </td>
        <td role="cell" className="figure">
          <Since row={row} />
        </td>
        <td role="cell" className="figure">
          <span className={restarts > 0 ? "restarts some" : "restarts"}>
            {restarts}
            <span className="hidden"> restarts</span>
          </span>
        </td>
        <UsageCells instance={instance} isAlive={row.pid !== null} />
        <td role="cell" className="actions">
          <AppButtons rows={[row]} target={{ project, name, instance: row.instance }} what={title} bare />
          <a
            className="button bare"
            href={routeText({ view: "logs", apps: [`${project}/${name}`], text: "" })}
            aria-label={`Logs of ${title}`}
            title={`Logs of ${title}`}
          >
            <Icon name="logs" />
          </a>
        </td>
      </tr>
    );
  },
  (a, b) =>
    a.instance === b.instance &&
    a.isSelected === b.isSelected &&
    a.withProject === b.withProject &&
    a.onSelect === b.onSelect,
);

/** `web`, or `web.2` where there are several. */
export function titleOf({ name, instance }: Pick<AppStatus, "name" | "instance">): string {
  return instance === 1 ? name : `${name}.${instance}`;
}

function Health({ row: { health, ready, state } }: { readonly row: AppStatus }): ReactNode {
  if (state !== "running") return <span className="faint">–</span>;
  if (health === "none") return <span className="faint">{ready ? "no check" : "not ready"}</span>;
  return (
    <span className={`health-word ${health}`}>{health === "healthy" && !ready ? "not ready" : health}</span>
  );
}

function Since({ row }: { readonly row: AppStatus }): ReactNode {
  const now = useNow(1_000);
  const { since } = row;
  return (
    <time dateTime={since} title={momentText(since, now)}>
      {ageText(now - Date.parse(since))}
    </time>
  );
}

function UsageCells({
  instance,
  isAlive,
}: {
  readonly instance: string;
  readonly isAlive: boolean;
}): ReactNode {
  const usages = useUsages(instance);
  const recent = useMemo(() => usages.slice(-76), [usages]);
  const cpus = useMemo(() => recent.map((usage) => usage.cpus), [recent]);
  const memory = useMemo(() => recent.map((usage) => usage.memoryBytes), [recent]);
  const last = isAlive ? usages.at(-1) : undefined;
  return (
    <>
      <td role="cell" className="usage">
        <span className="usage-box">
          <Sparkline values={cpus} atLeast={0.1} />
          <span className="usage-text">{last?.cpus == null ? "–" : cpuText(last.cpus)}</span>
        </span>
      </td>
      <td role="cell" className="usage">
        <span className="usage-box">
          <Sparkline values={memory} atLeast={16 * 1_048_576} />
          <span className="usage-text">{last?.memoryBytes == null ? "–" : bytesText(last.memoryBytes)}</span>
        </span>
      </td>
    </>
  );
}
