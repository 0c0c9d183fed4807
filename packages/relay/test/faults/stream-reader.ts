/** A reader that pulls when a stream wakes it, and goes to the next relay when one is gone. It never polls. */
import type { EventPage } from "@holdfast/relay/protocol";
import { systemClock } from "@holdfast/runtime";
import { onTestFinished } from "vitest";
import { askAt } from "../server/open-relay.ts";
import { openStream } from "../server/open-stream.ts";

export interface StreamReader {
  /** Envelopes, each once. */
  readonly events: ReadonlySet<string>;
  /** Resolves when it has so many. */
  reaches(count: number): Promise<void>;
}

export function readerOf(urls: () => readonly string[], token: string): StreamReader {
  const events = new Set<string>();
  let after = "";
  let isOver = false;
  const pull = async (url: string): Promise<void> => {
    for (let more = true; more; ) {
      const from = after === "" ? "" : `&after=${after}`;
      const answer = await askAt(url, "GET", `/v1/events/alice?limit=100${from}`, { token });
      if (answer.status !== 200) throw new Error(answer.text);
      const page = answer.json<EventPage>();
      for (const { envelope } of page.events) events.add(envelope);
      after = page.next;
      more = page.hasMore;
    }
  };
  const read = async (): Promise<void> => {
    for (let turn = 0; !isOver; turn++) {
      const all = urls();
      const url = all[turn % all.length] ?? "";
      try {
        const stream = await openStream(url, "alice", token);
        while ((await stream.next()) !== undefined && !isOver) await pull(url);
        stream.close();
      } catch {
        await systemClock.sleep(20);
      }
    }
  };
  void read();
  onTestFinished(() => {
    isOver = true;
  });
  return {
    events,
    async reaches(count) {
      while (events.size < count) await systemClock.sleep(10);
    },
  };
}
