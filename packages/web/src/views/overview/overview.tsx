import { type ReactNode, useMemo, useState } from "react";
import { Empty } from "../../parts/empty.tsx";
import { Icon } from "../../parts/icon.tsx";
import { instanceKey } from "../../state/app-key.ts";
import { useNow, useRows } from "../../state/hooks.ts";
import { usePage } from "../../state/page.ts";
import { countGroups, type GroupName, groupLabels, groupNames, groupOf, isFound } from "./app-filter.ts";
import { type Order, ordered } from "./app-order.ts";
import { AppTable } from "./app-table.tsx";
import { BulkBar } from "./bulk-bar.tsx";
import "./overview.css";
import { useOverviewKeys } from "./use-overview-keys.ts";

/** Every app, how it is, and what can be done about it. */
export function Overview(): ReactNode {
  const { store } = usePage();
  const rows = useRows();
  const [search, setSearch] = useState("");
  const [group, setGroup] = useState<GroupName>("all");
  const [project, setProject] = useState("");
  const [order, setOrder] = useState<Order>({ by: "name", isDown: false });
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  // Order by figures is looked at anew now and then, not with every sample: rows shall not jump under the hand.
  const beat = useNow(order.by === "name" ? 3_600_000 : 5_000);

  const all = useMemo(() => store.keys.flatMap((key) => rows.get(key) ?? []), [rows, store]);
  const projects = useMemo(() => [...new Set(all.map((row) => row.project))], [all]);
  const counts = useMemo(() => countGroups(all), [all]);
  const shown = useMemo(() => {
    void beat;
    const wanted = all.filter(
      (row) =>
        (group === "all" || groupOf(row) === group) &&
        (project === "" || row.project === project) &&
        isFound(row, search),
    );
    return ordered(wanted, order, (row) => store.usages(instanceKey(row)).at(-1));
  }, [all, group, project, search, order, beat, store]);
  const chosen = all.filter((row) => selected.has(instanceKey(row)));
  useOverviewKeys(shown, selected, setSelected);

  if (all.length === 0) return <NoApps />;
  return (
    <>
      <div className="view-head">
        <h1>Overview</h1>
        <fieldset className="chips">
          <legend className="hidden">Show</legend>
          {groupNames.map((name) => (
            <button
              key={name}
              type="button"
              className={`chip ${name}`}
              aria-pressed={group === name}
              onClick={() => setGroup(name)}
            >
              {groupLabels[name]} <b>{counts[name]}</b>
            </button>
          ))}
        </fieldset>
        <span className="spacer" />
        {projects.length > 1 && (
          <select aria-label="Project" value={project} onChange={(event) => setProject(event.target.value)}>
            <option value="">All projects</option>
            {projects.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        )}
        <label className="field search">
          <Icon name="search" />
          <span className="hidden">Search apps</span>
          <input
            type="search"
            placeholder="Search  /"
            value={search}
            onChange={(event) => setSearch(event.target.value)}
            onKeyDown={(event) => event.key === "Escape" && event.currentTarget.blur()}
          />
        </label>
      </div>
      {shown.length === 0 ? (
        <Empty title="No app is like that.">
          <button
            type="button"
            className="button"
            onClick={() => {
              setSearch("");
              setGroup("all");
              setProject("");
            }}
          >
            Show all {all.length}
          </button>
        </Empty>
      ) : (
        <AppTable
          rows={shown}
          order={order}
          onOrder={setOrder}
          selected={selected}
          onSelect={setSelected}
          byProject={projects.length > 1 && order.by === "name"}
        />
      )}
      {chosen.length > 0 && <BulkBar rows={chosen} onClear={() => setSelected(new Set())} />}
    </>
  );
}

function NoApps(): ReactNode {
  return (
    <Empty title="Nothing runs here yet." isView>
      <p>In a directory with a holdfast.yaml, a compose file or a Procfile:</p>
      <pre>
        <code>holdfast up -d</code>
      </pre>
      <p>Its apps appear here at once.</p>
    </Empty>
  );
}
