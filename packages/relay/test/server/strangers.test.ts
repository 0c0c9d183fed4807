/** T12: whoever shows no good token may ask so often, by address; whoever does is never refused for that of others. */
import { VirtualClock } from "@holdfast/runtime/testing";
import { expect, test } from "vitest";
import { openRelay } from "./open-relay.ts";

const slow = { perSecond: 1, burst: 3 } as const;
const wrong = `hfr_${"A".repeat(43)}`;

test.each([
  ["no token", "GET", "/v1/events/alice", {}, 401],
  ["a token that never was", "POST", "/v1/events/alice", { token: wrong, body: {} }, 401],
  ["a path that is not there", "GET", "/wp-login.php", {}, 404],
  ["a method that is not there", "OPTIONS", "/v1/slots", {}, 405],
  ["what needs no token", "GET", "/openapi.json", {}, 200],
])(
  "with %s one address asks a burst, and then is told when to come back",
  async (_, method, path, how, status) => {
    const clock = new VirtualClock();
    const relay = await openRelay({ clock, rates: { stranger: slow } });
    for (let left = slow.burst; left > 0; left--)
      expect((await relay.ask(method, path, how)).status).toBe(status);
    const refused = await relay.ask(method, path, how);
    expect(refused.status).toBe(429);
    expect(refused.headers["retry-after"]).toBe("1");
    expect(refused.json()).toMatchObject({ error: { code: "RATE_LIMITED" } });
    await clock.advance(1_000);
    expect((await relay.ask(method, path, how)).status).toBe(status);
  },
);

test("a good token is let in from an address that strangers have used up, and health is told", async () => {
  const relay = await openRelay({ clock: new VirtualClock(), rates: { stranger: slow } });
  const { read, post } = await relay.slot("alice");
  for (let left = slow.burst; left >= 0; left--) await relay.ask("GET", "/v1/events/alice", { token: wrong });
  expect((await relay.ask("GET", "/v1/events/alice", { token: wrong })).status).toBe(429);
  expect((await relay.post("alice", post, "{}")).status).toBe(201);
  expect((await relay.ask("GET", "/v1/events/alice", { token: read })).status).toBe(200);
  for (const path of ["/healthz", "/readyz"]) expect((await relay.ask("GET", path)).status).toBe(200);
});

test("the word of a trusted proxy tells strangers apart, and nobody else's does", async () => {
  const asks = async (trustedProxies: readonly string[]) => {
    const relay = await openRelay({ clock: new VirtualClock(), rates: { stranger: slow }, trustedProxies });
    const statuses: number[] = [];
    for (let from = 1; from <= 6; from++) {
      const headers = { "X-Forwarded-For": `203.0.113.${from}` };
      statuses.push((await relay.ask("GET", "/v1/slots", { headers })).status);
    }
    return statuses;
  };
  expect(await asks(["127.0.0.1"])).toEqual([401, 401, 401, 401, 401, 401]);
  expect(await asks([])).toEqual([401, 401, 401, 429, 429, 429]);
});
