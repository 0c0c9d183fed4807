import { consume } from "@holdfast/relay";
import { ShutdownToken } from "@holdfast/runtime";
import { expect, test } from "vitest";
import { virtualRig } from "./virtual-rig.ts";

test("a handler that works at once, on a store that answers at once, keeps nothing else waiting", async () => {
  const { relay, alice, pass, client, store } = virtualRig();
  await pass(1_000);
  const count = 300;
  for (let data = 0; data < count; data++) relay.append(await alice.write(data));
  await pass(1_000);
  expect(await store.inbox(0, count)).toHaveLength(count);
  const token = new ShutdownToken();
  let handled = 0;
  const handle = () => {
    handled++;
    // Half a millisecond of work: 150 ms in all.
    for (const until = performance.now() + 0.5; performance.now() < until; );
    if (handled === count) token.cancel({ kind: "user-requested" });
  };
  let handledBefore: number | undefined;
  setTimeout(() => (handledBefore = handled), 0);
  await consume(client, store, { handle }, token);
  expect(handledBefore).toBeLessThan(count);
});
