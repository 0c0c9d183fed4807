import type { Client } from "@holdfast/rpc";
import { type Clock, type ShutdownToken, Wake } from "@holdfast/runtime";
import type { AppStatus, DaemonEvent, Methods } from "../api.ts";
import { instanceKey } from "../state/app-key.ts";
import type { PageStore } from "../state/page-store.ts";
import { EventQueue } from "./event-queue.ts";

/** So much of what was is shown at first. */
const firstEvents = 2_000;
/** Lists are not asked for more often than this, however much happens. */
const listPauseMs = 250;
const healthEveryMs = 10_000;
const healthWithinMs = 5_000;

/**
 * One session with the daemon: tells the store of the past, the list and what the apps use, and gives every event after
 * `cursor`, or from now on. The events end with the connection, as an error.
 */
export async function followDaemon(
  client: Client<Methods>,
  { store, clock, token, cursor }: FollowOptions,
): Promise<AsyncIterable<DaemonEvent>> {
  const queue = new EventQueue<DaemonEvent>();
  void client.closed.then((error) => queue.end(error));
  let after = cursor;
  if (after === undefined) {
    const history = await client.call("events.read", { last: firstEvents });
    store.setHistory(history);
    after = history.at(-1)?.seq;
  }
  const told = new Set<string>();
  const relist = new Wake(clock);
  await client.subscribe("events.follow", after === undefined ? {} : { after }, (event) => {
    if (event.app !== null) told.add(instanceKey(event.app));
    // What an ended operation or another manifest leave behind is not in any row's event.
    if (event.type !== "state") relist.notify();
    queue.push(event);
  });
  const list = async (): Promise<readonly AppStatus[]> => {
    told.clear();
    return await client.call("apps.list", {});
  };
  store.setRows(await list());
  store.setSystem(await client.call("system.info", { settled: true }));
  const stats = await client.subscribe("stats.follow", {}, (usages) => store.takeUsages(usages));
  store.takeUsages(stats.result.history);

  const keepListed = async (): Promise<void> => {
    while ((await relist.wait(Number.POSITIVE_INFINITY, token)) === "woken") {
      store.setRows(await list(), told);
      // A row that changed meanwhile was left as its event has it: look once more.
      if (told.size > 0) relist.notify();
      await clock.sleep(listPauseMs, token);
    }
  };
  const keepLooking = async (): Promise<void> => {
    while ((await clock.sleep(healthEveryMs, token)) === "elapsed") {
      await client.call("system.healthz", {}, { timeoutMs: healthWithinMs });
    }
  };
  // A connection that hangs is as good as none.
  const giveUp = (error: unknown): void => {
    queue.end(error);
    client.close();
  };
  keepListed().catch(giveUp);
  keepLooking().catch(giveUp);
  return queue;
}

export interface FollowOptions {
  readonly store: PageStore;
  readonly clock: Clock;
  /** Cancelled when the session is over. */
  readonly token: ShutdownToken;
  readonly cursor: number | undefined;
}
