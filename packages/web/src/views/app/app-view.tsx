import { lazy, type ReactNode, Suspense, useMemo } from "react";
import type { StateName } from "../../api.ts";
import { AppButtons } from "../../parts/app-buttons.tsx";
import { Empty } from "../../parts/empty.tsx";
import { Icon } from "../../parts/icon.tsx";
import { RemoveButton } from "../../parts/remove-button.tsx";
import { StatePill } from "../../parts/state-pill.tsx";
import { routeText } from "../../routing/route.ts";
import { appKey } from "../../state/app-key.ts";
import { useNow, useRows } from "../../state/hooks.ts";
import { usePage } from "../../state/page.ts";
import { useAnswer } from "../../state/use-answer.ts";
import { About } from "./about.tsx";
import { Environment } from "./environment.tsx";
import { Exits } from "./exits.tsx";
import { Instances } from "./instances.tsx";
import { OperationsLog } from "./operations-log.tsx";
import { Probes } from "./probes.tsx";
import { TimelineCard } from "./timeline-card.tsx";
import { useAppEvents } from "./use-app-events.ts";
import { WhyCard } from "./why-card.tsx";
import "./app.css";

const passing: ReadonlySet<StateName> = new Set([
  "starting",
  "stopping",
  "restarting",
  "installing",
  "removing",
]);

const Charts = lazy(async () => ({ default: (await import("./charts.tsx")).Charts }));

interface AppViewProps {
  readonly project: string;
  readonly name: string;
}

/** All about one app: how it is and why, what it did, what it is made of. */
export function AppView({ project, name }: AppViewProps): ReactNode {
  const { store } = usePage();
  const all = useRows();
  const rows = useMemo(
    () =>
      store.keys
        .flatMap((key) => all.get(key) ?? [])
        .filter((row) => row.project === project && row.name === name),
    [all, store, project, name],
  );
  const { events, newest } = useAppEvents(project, name);
  const target = useMemo(() => ({ project, name }), [project, name]);
  // What counts down is asked for again while it does.
  const isMoving = rows.some(({ state, next }) => next !== null || passing.has(state));
  const beat = useNow(isMoving ? 1_000 : 3_600_000);
  const why = useAnswer(
    (connection) => connection.call("apps.why", { ...target, lines: 12 }),
    `${newest} ${isMoving ? beat : ""}`,
  );
  const description = useAnswer(
    async (connection) => (await connection.call("apps.describe", target)).find((each) => each.name === name),
    newest,
  );
  if (rows.length === 0) return <Gone project={project} name={name} />;
  const [first] = rows;
  return (
    <div className="app-view">
      <div className="view-head">
        <div className="app-title">
          <p className="crumb">
            <a href="#/">Overview</a> / <a href={routeText({ view: "graph", project })}>{project}</a>
          </p>
          <h1>{name}</h1>
        </div>
        {rows.length === 1 && first !== undefined && <StatePill row={first} />}
        <span className="spacer" />
        <AppButtons rows={rows} target={target} what={name} />
        <a className="button" href={routeText({ view: "logs", apps: [appKey(target)], text: "" })}>
          <Icon name="logs" />
          Logs
        </a>
        <RemoveButton rows={rows} />
      </div>
      <div className="app-grid">
        <WhyCard answer={why} />
        {rows.length > 1 && <Instances rows={rows} />}
        <TimelineCard rows={rows} events={events} name={name} />
        <Suspense fallback={<div className="card section">Loading charts…</div>}>
          <Charts rows={rows} events={events} target={target} />
        </Suspense>
        <Probes answer={description} />
        <Exits answer={description} />
        <OperationsLog target={target} newest={newest} />
        <Environment answer={description} />
        <About answer={description} row={first} />
      </div>
    </div>
  );
}

function Gone({ project, name }: AppViewProps): ReactNode {
  return (
    <Empty title={`There is no ${name} in ${project}.`} isView>
      <p>It may have been removed, or be named otherwise now.</p>
      <a className="button primary" href="#/">
        See what there is
      </a>
    </Empty>
  );
}
