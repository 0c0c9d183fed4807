import { useMemo } from "react";
import type { DaemonEvent } from "../../api.ts";
import { useEvents } from "../../state/hooks.ts";
import { useAnswer } from "../../state/use-answer.ts";

const mostEvents = 10_000;

export interface AppEvents {
  /** The oldest first. */
  readonly events: readonly DaemonEvent[];
  /** The number of the newest: another one means that there is something new to know of the app. */
  readonly newest: number;
}

/** What happened to one app, as far back as the daemon tells, and on. */
export function useAppEvents(project: string, name: string): AppEvents {
  const live = useEvents();
  const older = useAnswer(
    (connection) => connection.call("events.read", { project, last: mostEvents }),
    project,
  );
  return useMemo(() => {
    const isOwn = (event: DaemonEvent): boolean => event.project === project && event.name === name;
    const own = live.filter(isOwn);
    const first = live[0]?.seq ?? 0;
    const before =
      older.kind === "there" ? older.value.filter((event) => event.seq < first && isOwn(event)) : [];
    const events = [...before, ...own];
    return { events, newest: own.at(-1)?.seq ?? 0 };
  }, [live, older, project, name]);
}
