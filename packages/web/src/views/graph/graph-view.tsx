import { type ReactNode, useMemo } from "react";
import type { AppDescription, AppStatus } from "../../api.ts";
import { Answered } from "../../parts/answered.tsx";
import { Empty } from "../../parts/empty.tsx";
import { appRoute } from "../../routing/route.ts";
import { renameTo } from "../../routing/use-route.ts";
import { appKey } from "../../state/app-key.ts";
import { useKeys, useRows } from "../../state/hooks.ts";
import { usePage } from "../../state/page.ts";
import { conditionText } from "../../state/state-look.ts";
import { useAnswer } from "../../state/use-answer.ts";
import { Picture } from "./picture.tsx";
import "./graph.css";

/** Which app needs which, and what each waits for now. */
export function GraphView({ project }: { readonly project: string | null }): ReactNode {
  const { store } = usePage();
  const keys = useKeys();
  const rows = useRows();
  const projects = useMemo(
    () => [...new Set(keys.flatMap((key) => store.row(key)?.project ?? []))],
    [keys, store],
  );
  const shown = project !== null && projects.includes(project) ? [project] : projects;
  const answer = useAnswer(
    async (connection) =>
      (await Promise.all(shown.map((each) => connection.call("apps.describe", { project: each })))).flat(),
    `${shown.join("\n")} ${keys.length}`,
  );
  return (
    <div className="graph">
      <div className="view-head">
        <h1>Graph</h1>
        {projects.length > 1 && (
          <select
            aria-label="Project"
            value={project ?? ""}
            onChange={(event) => renameTo({ view: "graph", project: event.target.value || null })}
          >
            <option value="">All projects</option>
            {projects.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        )}
        <Legend />
      </div>
      <Answered answer={answer}>
        {(descriptions) =>
          descriptions.length === 0 ? (
            <Empty title="There is no app yet.">
              <p>holdfast up, in the directory of a manifest, adds its apps.</p>
            </Empty>
          ) : (
            <>
              <div className="card graph-card">
                <Picture
                  key={shown.join(" ")}
                  descriptions={descriptions}
                  rows={rows}
                  withProject={shown.length > 1}
                />
              </div>
              <Needs descriptions={descriptions} rows={rows} />
            </>
          )
        }
      </Answered>
    </div>
  );
}

function Legend(): ReactNode {
  return (
    <ul className="legend">
      <li>
        <i className="line met" /> there
      </li>
      <li>
        <i className="line blocking" /> waited for now
      </li>
      <li>
        <i className="line" /> not needed now
      </li>
    </ul>
  );
}

interface NeedsProps {
  readonly descriptions: readonly AppDescription[];
  readonly rows: ReadonlyMap<string, AppStatus>;
}

/** The same as text, for who cannot use a picture. */
function Needs({ descriptions, rows }: NeedsProps): ReactNode {
  const states = new Map([...rows.values()].map((row) => [appKey(row), row]));
  return (
    <details>
      <summary>As a list</summary>
      <ul className="needs">
        {descriptions.map(({ project, name, dependsOn }) => (
          <li key={`${project}/${name}`}>
            <a href={appRoute({ project, name })}>
              {project}/{name}
            </a>
            , {states.get(`${project}/${name}`)?.state ?? "not there"},{" "}
            {dependsOn.length === 0
              ? "needs nothing"
              : `needs ${dependsOn.map(({ app, condition }) => `${app} ${conditionText(condition)}`).join(", ")}`}
          </li>
        ))}
      </ul>
    </details>
  );
}
