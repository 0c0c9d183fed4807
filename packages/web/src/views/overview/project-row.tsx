import { type ReactNode, useMemo } from "react";
import { AppButtons } from "../../parts/app-buttons.tsx";
import { routeText } from "../../routing/route.ts";
import { useRows } from "../../state/hooks.ts";

/** The name of a project, above its apps, and what can be done with all of them. */
export function ProjectRow({
  project,
  columns,
}: {
  readonly project: string;
  readonly columns: number;
}): ReactNode {
  const all = useRows();
  const rows = useMemo(() => [...all.values()].filter((row) => row.project === project), [all, project]);
  const running = rows.filter(({ state }) => state === "running").length;
  return (
    <tr role="row" className="project">
      <th role="rowheader" scope="rowgroup" colSpan={columns}>
        <span className="project-line">
          <span className="project-name">{project}</span>
          <span className="soft">
            {running} of {rows.length} running
          </span>
          <a href={routeText({ view: "graph", project })}>Graph</a>
          <AppButtons rows={rows} target={{ project }} what={`all of ${project}`} bare />
        </span>
      </th>
    </tr>
  );
}
