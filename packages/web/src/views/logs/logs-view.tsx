import { type ReactNode, useCallback, useEffect, useMemo, useState, useSyncExternalStore } from "react";
import type { LogLevel, LogLine, LogStream, Target } from "../../api.ts";
import { troubleOf } from "../../connection/next-step.ts";
import { Button } from "../../parts/button.tsx";
import { Empty } from "../../parts/empty.tsx";
import { Icon } from "../../parts/icon.tsx";
import { renameTo } from "../../routing/use-route.ts";
import { isShortcut } from "../../shell/use-shortcuts.ts";
import { appKey } from "../../state/app-key.ts";
import { useKeys } from "../../state/hooks.ts";
import { usePage } from "../../state/page.ts";
import { AppPicker } from "./app-picker.tsx";
import { copyLines, downloadLines } from "./keep-lines.ts";
import { LogPane } from "./log-pane.tsx";
import "./logs.css";
import { useLogWindow } from "./use-log-window.ts";

const levels: readonly (readonly [LogLevel | "", string])[] = [
  ["", "All levels"],
  ["debug", "Debug and up"],
  ["info", "Info and up"],
  ["warn", "Warnings and up"],
  ["error", "Errors only"],
];

interface LogsProps {
  readonly apps: readonly string[];
  readonly text: string;
  readonly stream: LogStream | undefined;
}

/** The logs of as many apps as one likes, merged by time. */
export function LogsView({ apps, text, stream }: LogsProps): ReactNode {
  const { connection, notices, store } = usePage();
  const keys = useKeys();
  const all = useMemo(
    () => [...new Set(keys.flatMap((key) => store.row(key) ?? []).map(appKey))],
    [keys, store],
  );
  const chosen = apps.length === 0 ? all : all.filter((app) => apps.includes(app));
  const [level, setLevel] = useState<LogLevel | "">("");
  const [isFollowing, setFollowing] = useState(true);
  const [isWrapped, setWrapped] = useState(false);
  const [search, setSearch] = useState(text);
  const targets = targetsOf(chosen, apps.length === 0);
  const filter = {
    ...(level !== "" && { level }),
    ...(text !== "" && { text }),
    ...(stream !== undefined && { stream }),
  };
  const { window, isLoaded, toTail } = useLogWindow(targets, filter, isFollowing);
  const lines = useSyncExternalStore(window.topic.subscribe, () => window.lines);
  const isSplit = useSyncExternalStore(window.topic.subscribe, () => window.isSplit);
  const missed = useSyncExternalStore(window.topic.subscribe, () => window.missed);

  const show = (next: Partial<Pick<LogsProps, "apps" | "text">>): void =>
    renameTo({ view: "logs", apps, text, ...(stream !== undefined && { stream }), ...next });
  const showStream = (next: LogStream | ""): void =>
    renameTo({ view: "logs", apps, text, ...(next !== "" && { stream: next }) });
  const onTrouble = useCallback((error: unknown) => notices.warn(troubleOf(error)), [notices]);
  const follow = (): void => {
    setFollowing(true);
    if (!window.isAtTail) toTail();
  };
  const isOne = chosen.length === 1;
  const projects = new Set(chosen.map((app) => app.split("/")[0])).size;
  const sourceOf = useCallback(
    ({ project, name, instance }: LogLine): string | null => {
      const title = instance === 1 ? name : `${name}.${instance}`;
      if (isOne) return instance === 1 && !store.row(`${project}/${name}/2`) ? null : title;
      return projects > 1 ? `${project}/${title}` : title;
    },
    [isOne, projects, store],
  );

  useEffect(() => {
    const listen = (event: KeyboardEvent): void => {
      if (!isShortcut(event)) return;
      if (event.key === "f") setFollowing((before) => !before);
      else if (event.key === "w") setWrapped((before) => !before);
      else return;
      event.preventDefault();
    };
    addEventListener("keydown", listen);
    return () => removeEventListener("keydown", listen);
  }, []);

  return (
    <div className="logs">
      <div className="view-head">
        <h1>Logs</h1>
        <AppPicker all={all} chosen={apps} onChoose={(next) => show({ apps: next })} />
        <form
          className="field search"
          onSubmit={(event) => {
            event.preventDefault();
            show({ text: search });
          }}
        >
          <Icon name="search" />
          <input
            type="search"
            aria-label="Search logs: text as it is written, Enter searches"
            placeholder="Search, then Enter  /"
            value={search}
            onChange={(event) => {
              setSearch(event.target.value);
              if (event.target.value === "") show({ text: "" });
            }}
          />
        </form>
        <select
          aria-label="Level"
          value={level}
          onChange={(event) => setLevel(event.target.value as LogLevel | "")}
        >
          {levels.map(([value, name]) => (
            <option key={value} value={value}>
              {name}
            </option>
          ))}
        </select>
        {(isSplit || stream !== undefined) && (
          <select
            aria-label="Stream"
            value={stream ?? ""}
            onChange={(event) => showStream(event.target.value as LogStream | "")}
          >
            <option value="">Both streams</option>
            <option value="stdout">stdout</option>
            <option value="stderr">stderr</option>
          </select>
        )}
        <span className="spacer" />
        <Button
          label={isFollowing ? "Pause" : "Follow"}
          icon={isFollowing ? "pause" : "bottom"}
          onPress={() => (isFollowing ? setFollowing(false) : follow())}
        />
        <Button
          label="Wrap lines"
          icon="wrap"
          bare
          pressed={isWrapped}
          onPress={() => setWrapped(!isWrapped)}
        />
        <Button
          label="Copy the lines that are loaded"
          icon="copy"
          bare
          onPress={() => copyLines(lines, notices)}
        />
        <Button
          label="Download all that match"
          icon="download"
          bare
          onPress={() => downloadLines(connection, { targets, ...filter }, notices)}
        />
      </div>
      <div className="card log-card">
        {isLoaded && lines.length === 0 && !window.hasBefore ? (
          <NoLines isFiltered={Object.keys(filter).length > 0} isUnknown={stream !== undefined && !isSplit} />
        ) : (
          <LogPane
            window={window}
            isFollowing={isFollowing}
            onFollow={setFollowing}
            onTail={() => {
              setFollowing(true);
              toTail();
            }}
            onTrouble={onTrouble}
            isWrapped={isWrapped}
            text={text}
            sourceOf={sourceOf}
            apps={chosen}
          />
        )}
        {!isLoaded && <p className="log-note">Reading…</p>}
        {!isFollowing && (
          <button type="button" className="button primary log-newest" onClick={follow}>
            <Icon name="bottom" />
            {missed > 0 ? `${missed} new lines` : "To the newest"}
          </button>
        )}
      </div>
    </div>
  );
}

/** `isUnknown`: one stream is wanted, and no app tells its two apart. */
function NoLines({
  isFiltered,
  isUnknown,
}: {
  readonly isFiltered: boolean;
  readonly isUnknown: boolean;
}): ReactNode {
  if (isUnknown) {
    return (
      <Empty title="These apps write both streams into one log.">
        <p>
          Take both streams, or set <code>{"log: { split: true }"}</code> in the manifest: what is written
          from then on is told apart.
        </p>
      </Empty>
    );
  }
  return (
    <Empty title={isFiltered ? "No line is like that." : "Nothing was written yet."}>
      <p>{isFiltered ? "Search for less, or take all levels." : "Lines appear here as they are written."}</p>
    </Empty>
  );
}

/** Whole projects where all is meant, so that what is added to them is followed, too. */
function targetsOf(apps: readonly string[], isAll: boolean): readonly Target[] {
  const targets = apps.map((app) => {
    const [project = "", name = ""] = app.split("/");
    return { project, name };
  });
  return isAll
    ? [...new Set(targets.map(({ project }) => project))].map((project) => ({ project }))
    : targets;
}
