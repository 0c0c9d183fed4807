import { useState } from "react";
import type { DaemonEvent } from "../../api.ts";
import { useEvents } from "../../state/hooks.ts";
import { usePage } from "../../state/page.ts";

/** As many are asked for at once. */
const pageEvents = 1_000;

export interface EventsBack {
  /** The oldest first, without a gap. */
  readonly events: readonly DaemonEvent[];
  /** True once there is nothing older. */
  readonly isAll: boolean;
  readonly loadOlder: () => Promise<void>;
}

/** The events that the page has, and before them as many as were asked for. */
export function useOlderEvents(): EventsBack {
  const { connection } = usePage();
  const live = useEvents();
  const [loaded, setLoaded] = useState<{
    readonly events: readonly DaemonEvent[];
    readonly isAll: boolean;
  }>();
  const joined = loaded === undefined ? undefined : join(loaded.events, live);
  const events = joined ?? live;
  const loadOlder = async (): Promise<void> => {
    const [first] = events;
    const older = await connection.call("events.read", {
      last: pageEvents,
      ...(first !== undefined && { before: first.seq }),
    });
    setLoaded({ events: [...older, ...events], isAll: older.length < pageEvents });
  };
  return { events, isAll: joined !== undefined && loaded?.isAll === true, loadOlder };
}

/** Undefined where they do not meet any more: so much has happened that the page let go of what was between. */
function join(
  loaded: readonly DaemonEvent[],
  live: readonly DaemonEvent[],
): readonly DaemonEvent[] | undefined {
  const last = loaded.at(-1)?.seq ?? 0;
  const [first] = live;
  if (first === undefined) return loaded;
  return first.seq > last ? undefined : [...loaded, ...live.filter(({ seq }) => seq > last)];
}
