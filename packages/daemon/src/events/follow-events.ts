import type { DaemonEvent } from "../api/contract.ts";
import type { EventLog } from "./event-log.ts";

/** How many events are read at a time. */
const pageSize = 200;

/** Who follows: takes events in order, and says when it has taken them. */
export interface EventFollower {
  readonly project?: string | undefined;
  send(event: DaemonEvent): void;
  /** Resolves when it can take more; also when it is gone. */
  drained(): Promise<void>;
  readonly isGone: boolean;
}

/**
 * Gives every event after number `after`, however long ago it was told, and then each new one, without a gap. The first
 * page is given in this turn. Resolves when the follower has caught up, with the function that ends it.
 */
export async function followEvents(
  events: EventLog,
  after: number,
  follower: EventFollower,
): Promise<() => void> {
  const { project } = follower;
  for (let at = after; ; ) {
    const page = events.read(at, pageSize, project);
    for (const event of page) follower.send(event);
    const last = page.at(-1);
    if (follower.isGone) return () => {};
    if (last === undefined || page.length < pageSize) {
      // In the turn of the last page, so that nothing comes in between.
      return events.onEvent((event) => {
        if (project === undefined || event.project === project) follower.send(event);
      });
    }
    at = last.seq;
    await follower.drained();
  }
}
