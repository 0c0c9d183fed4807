import { type ReactNode, useMemo, useState } from "react";
import type { DaemonEvent } from "../../api.ts";
import { Button } from "../../parts/button.tsx";
import { Empty } from "../../parts/empty.tsx";
import { Icon } from "../../parts/icon.tsx";
import { ToneSign } from "../../parts/state-pill.tsx";
import { appRoute } from "../../routing/route.ts";
import { renameTo } from "../../routing/use-route.ts";
import { useNow } from "../../state/hooks.ts";
import { type Tone, toneOf } from "../../state/state-look.ts";
import { clockText, momentText } from "../../time/format.ts";
import { causeText } from "./cause-text.ts";
import { useOlderEvents } from "./use-older-events.ts";
import "./events.css";

const types = ["state", "operation", "project", "warning", "watch"] as const;
/** Drawn at once; more with each press of the button below. */
const page = 200;

/** What happened, the newest first. */
export function EventsView({ app }: { readonly app: string | null }): ReactNode {
  const { events, isAll, loadOlder } = useOlderEvents();
  const [type, setType] = useState<DaemonEvent["type"] | "">("");
  const [search, setSearch] = useState("");
  const [count, setCount] = useState(page);
  const now = useNow(60_000);
  const found = useMemo(() => {
    const text = search.toLowerCase();
    return events
      .filter(
        (event) =>
          (type === "" || event.type === type) &&
          (app === null || `${event.project}/${event.name}` === app) &&
          (text === "" || `${event.project} ${event.message} ${event.by ?? ""}`.toLowerCase().includes(text)),
      )
      .reverse();
  }, [events, type, search, app]);
  const shown = found.slice(0, count);
  return (
    <>
      <div className="view-head">
        <h1>Events</h1>
        <select
          aria-label="Kind"
          value={type}
          onChange={(event) => setType(event.target.value as DaemonEvent["type"] | "")}
        >
          <option value="">All kinds</option>
          {types.map((each) => (
            <option key={each}>{each}</option>
          ))}
        </select>
        <label className="field search">
          <Icon name="search" />
          <span className="hidden">Search events</span>
          <input
            type="search"
            placeholder="Search  /"
            value={search}
            onChange={(event) => setSearch(event.target.value)}
          />
        </label>
        {app !== null && (
          <button
            type="button"
            className="chip"
            aria-pressed="true"
            onClick={() => renameTo({ view: "events", app: null })}
          >
            {app} <span aria-hidden="true">✕</span>
            <span className="hidden">: show all apps</span>
          </button>
        )}
      </div>
      {shown.length === 0 ? (
        <Empty title={events.length === 0 ? "Nothing has happened yet." : "No event is like that."}>
          <p>
            {events.length === 0
              ? "Start an app, and it is told here."
              : "Search for less, or take all kinds."}
          </p>
        </Empty>
      ) : (
        <div className="card">
          <ol className="events">
            {shown.map((event) => (
              <EventLine key={event.seq} event={event} now={now} />
            ))}
          </ol>
        </div>
      )}
      <div className="more">
        {found.length > count ? (
          <Button
            label={`Show older ones (${found.length - count} more here)`}
            onPress={() => setCount(count + page * 2)}
          />
        ) : isAll ? (
          <p className="soft">This is as far back as events are kept.</p>
        ) : (
          <Button
            label="Load older ones"
            onPress={async () => {
              await loadOlder();
              setCount(count + page * 2);
            }}
          />
        )}
        {events[0] !== undefined && found.length <= count && (
          <span className="soft">Back to {momentText(events[0].time, now)}</span>
        )}
      </div>
    </>
  );
}

function EventLine({ event, now }: { readonly event: DaemonEvent; readonly now: number }): ReactNode {
  const { time, project, name, message, type } = event;
  const cause = causeText(event);
  return (
    <li>
      <time dateTime={time} title={momentText(time, now)}>
        {clockText(time, true)}
      </time>
      <span className={`event-sign ${toneOfEvent(event)}`}>
        <ToneSign tone={toneOfEvent(event)} />
        <span className="hidden">{type}</span>
      </span>
      {name === null ? (
        <span className="event-app soft">{project}</span>
      ) : (
        <a className="event-app" href={appRoute({ project, name })}>
          <span className="soft">{project}/</span>
          {name}
        </a>
      )}
      <span className="event-text">
        {message}
        {cause !== null && <span className="event-cause"> ← {cause}</span>}
      </span>
    </li>
  );
}

function toneOfEvent({ type, app, operation }: DaemonEvent): Tone {
  if (app !== null) {
    const tone = toneOf(app);
    // A list that turns all the time is no help.
    return tone === "busy" || tone === "ending" ? "waiting" : tone;
  }
  if (type === "warning") return "bad";
  return operation?.state === "failed" ? "bad" : "done";
}
