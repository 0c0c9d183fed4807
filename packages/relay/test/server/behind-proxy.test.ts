import type { EventPage } from "@holdfast/relay/protocol";
import { describe, expect, test } from "vitest";
import { needed, startProxy } from "../servers/proxies.ts";
import { askAt, openRelay } from "./open-relay.ts";
import { openStream } from "./open-stream.ts";

describe.each(["nginx", "caddy"] as const)("behind %s as the documentation configures it", (program) => {
  const missing = needed(program);
  const told = missing === undefined ? "" : ` (skipped: needs ${missing})`;

  test.skipIf(missing)(
    `each wake comes through when it is written, heartbeats and the good-bye too${told}`,
    async () => {
      const relay = await openRelay({ streams: { heartbeatMs: 320 } });
      const { read, post } = await relay.slot("alice");
      const url = await startProxy(program, relay.url);
      const stream = await openStream(url, "alice", read);
      expect((await stream.next())?.event).toBe("hello");
      for (let n = 1; n <= 20; n++) {
        const { cursor } = (await relay.post("alice", post, `{"n":${n}}`)).json<{ cursor: string }>();
        let next = await stream.next();
        while (next?.event === "heartbeat") next = await stream.next();
        // Held back in a buffer, it would come with those that are posted only after it has come.
        expect(next?.id).toBe(cursor);
      }
      expect((await stream.next())?.event).toBe("heartbeat");
      await relay.relay.stop();
      await stream.ended;
      expect(stream.seen.at(-1)?.event).toBe("bye");
    },
  );

  test.skipIf(missing)(
    `an envelope of the largest size comes through both ways, and a refusal with its code${told}`,
    async () => {
      const relay = await openRelay();
      const { read, post } = await relay.slot("alice");
      const url = await startProxy(program, relay.url);
      const body = JSON.stringify({ text: "ü".repeat(131_060) });
      expect(Buffer.byteLength(body)).toBeGreaterThan(262_000);
      const headers = { "Idempotency-Key": "the-largest-there-is" };
      expect((await askAt(url, "POST", "/v1/events/alice", { token: post, body, headers })).status).toBe(201);
      const page = (await askAt(url, "GET", "/v1/events/alice", { token: read })).json<EventPage>();
      expect(page.events[0]?.envelope).toBe(body);
      const gone = await askAt(url, "GET", "/v1/events/alice?after=other:1", { token: read });
      expect([gone.status, gone.json()]).toMatchObject([
        410,
        { error: { code: "CURSOR_GONE" }, oldest: expect.any(String) },
      ]);
    },
  );
});
