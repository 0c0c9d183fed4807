/** F23 over real sockets: a connection of which nothing arrives any more, and nobody says so. The limit is shortened. */
import { tcpProxy } from "@holdfast/relay/testing";
import { expect, test } from "vitest";
import { realRig } from "./real-rig.ts";

const backoff = { initialMs: 20, factor: 2, maxMs: 200, jitter: "equal" } as const;

test("W-07 F23 a half-open connection is noticed by the silence on it, and mail comes again over another", async () => {
  const rig = await realRig({ streams: { heartbeatMs: 100 } });
  await using proxy = await tcpProxy(rig.relay.url);
  const alice = await rig.client("alice", { backoff });
  const bob = await rig.client("bob", { backoff, url: proxy.url, idleTimeoutMs: 1_000 });
  await rig.introduce(alice, bob);
  alice.run();
  bob.run();
  await bob.until(() => bob.client.state.kind === "connected");
  const before = performance.now();
  proxy.set({ swallows: "both" });
  await alice.client.send({ to: bob.client.key, type: "note", data: "unheard" });
  await bob.until(() => bob.client.state.kind !== "connected");
  expect(performance.now() - before).toBeGreaterThan(800);
  proxy.set({});
  await bob.received(1);
});
