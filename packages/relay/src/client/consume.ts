import {
  type Backoff,
  backoffDelay,
  type Clock,
  describeError,
  patientBackoff,
  type Random,
  type ShutdownToken,
  systemClock,
  systemRandom,
  Wake,
} from "@holdfast/runtime";
import type { RelayClient } from "./relay-client.ts";
import type { InboxEntry, MailStore } from "./store/mail-store.ts";
import { TurnShare } from "./turn-share.ts";

/** How an inbox is worked off. */
export interface ConsumeOptions {
  /** One at a time, in order; acknowledged once it resolves. After a crash the last one comes again, under its id. */
  handle(entry: InboxEntry, token: ShutdownToken): unknown;
  /** After so many failures an entry is parked, and the next one has its turn. Default 5. */
  readonly attempts?: number;
  readonly backoff?: Backoff;
  readonly onParked?: (entry: InboxEntry, error: unknown) => void;
  readonly clock?: Clock;
  readonly random?: Random;
}

/**
 * Works off the inbox of a client until `token` is cancelled. An entry that cannot be used is tried again, then parked:
 * neither skipped in silence, nor tried in a hot loop, nor in the way of later mail.
 */
export async function consume(
  client: RelayClient,
  store: Pick<MailStore, "inbox" | "acknowledge" | "park">,
  options: ConsumeOptions,
  token: ShutdownToken,
): Promise<void> {
  const { clock = systemClock, random = systemRandom, backoff = patientBackoff, attempts = 5 } = options;
  const wake = new Wake(clock);
  const turns = new TurnShare(clock);
  const off = client.events.subscribe(({ type }) => void (type === "accepted" && wake.notify()));
  try {
    while (!token.isCancelled) {
      await turns.take();
      const [entry] = await store.inbox(0, 1);
      if (entry) await use(entry);
      else await wake.wait(Number.POSITIVE_INFINITY, token);
    }
  } finally {
    off();
  }

  async function use(entry: InboxEntry): Promise<void> {
    for (let attempt = 1; !token.isCancelled; attempt++) {
      try {
        await options.handle(entry, token);
        await store.acknowledge(entry.id);
        return;
      } catch (error) {
        if (token.isCancelled) return;
        if (attempt < attempts) {
          await clock.sleep(backoffDelay(backoff, attempt, random), token);
          continue;
        }
        await store.park(entry.id, describeError(error));
        options.onParked?.(entry, error);
        return;
      }
    }
  }
}
