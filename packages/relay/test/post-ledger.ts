/** Senders that repeat each posting until it is acknowledged, and what a reader must find of it in the end. */
import { createHash } from "node:crypto";
import type { EventPage } from "@holdfast/relay/protocol";
import { systemClock } from "@holdfast/runtime";
import { expect } from "vitest";
import { askAt } from "./server/open-relay.ts";

export interface Ledger {
  /** Cursors by envelope, as they were acknowledged. */
  readonly acknowledged: ReadonlyMap<string, string>;
  /** Postings that broke off or were refused, and were repeated. */
  readonly repeats: number;
  /** Ends the senders once each has its posting acknowledged. */
  stop(): Promise<void>;
}

export interface LedgerOptions {
  readonly slot: string;
  readonly token: string;
  readonly senders: number;
  /** Where the next try goes to, asked each time: a relay that was killed is reached elsewhere. */
  readonly url: (sender: number, attempt: number) => string;
  readonly onAcknowledged?: (count: number) => void;
}

export function postAgain({ slot, token, senders, url, onAcknowledged }: LedgerOptions): Ledger {
  const acknowledged = new Map<string, string>();
  let isStopping = false;
  let repeats = 0;
  const send = async (sender: number): Promise<void> => {
    for (let no = 0; !isStopping; no++) {
      const body = JSON.stringify({ sender, no });
      const headers = { "Idempotency-Key": createHash("sha256").update(body).digest("hex") };
      for (let attempt = 0; ; attempt++) {
        const cursor = await tryOnce(url(sender, attempt), slot, { token, body, headers });
        if (cursor !== undefined) {
          acknowledged.set(body, cursor);
          onAcknowledged?.(acknowledged.size);
          break;
        }
        repeats++;
        await systemClock.sleep(5);
      }
    }
  };
  const sending = Promise.all(Array.from({ length: senders }, (_, sender) => send(sender)));
  return {
    acknowledged,
    get repeats() {
      return repeats;
    },
    async stop() {
      isStopping = true;
      await sending;
    },
  };
}

async function tryOnce(
  url: string,
  slot: string,
  ask: Parameters<typeof askAt>[3],
): Promise<string | undefined> {
  try {
    const answer = await askAt(url, "POST", `/v1/events/${slot}`, ask);
    if (answer.status !== 200 && answer.status !== 201) return undefined;
    return answer.json<{ cursor: string }>().cursor;
  } catch {
    return undefined;
  }
}

/** Reads all of a slot: nothing is lost, nothing is there twice, and every cursor is the acknowledged one. */
export async function expectNothingLost(
  url: string,
  slot: string,
  token: string,
  { acknowledged }: Ledger,
): Promise<void> {
  const found = new Map<string, string>();
  let after = "";
  for (let no = 1, more = true; more; ) {
    const page = (
      await askAt(url, "GET", `/v1/events/${slot}?limit=1000${after === "" ? "" : `&after=${after}`}`, {
        token,
      })
    ).json<EventPage>();
    for (const { cursor, envelope } of page.events) {
      expect(Number(cursor.split(":")[1])).toBe(no++);
      expect(found.has(envelope)).toBe(false);
      found.set(envelope, cursor);
    }
    after = page.next;
    more = page.hasMore;
  }
  const lost = [...acknowledged].filter(([envelope, cursor]) => found.get(envelope) !== cursor);
  expect(lost).toEqual([]);
}
