import { expect, test } from "vitest";
import { killAt, makeSlot, temporaryDatabase } from "../killed-at.ts";
import { expectNothingLost, postAgain } from "../post-ledger.ts";
import { startRelay } from "../relay-process.ts";

test.each(["relay.append.commit", "relay.append.committed"])(
  "a relay that is killed at %s under load has lost nothing that it acknowledged",
  async (point) => {
    await killAt(point);
  },
  60_000,
);

test("a relay that is told to stop under load answers what it has, and ends with 0", async () => {
  const path = temporaryDatabase();
  let relay = await startRelay({ path, admin: "test" });
  const { read, post } = await makeSlot(relay.url, relay.admin);
  const some = Promise.withResolvers<void>();
  const ledger = postAgain({
    slot: "alice",
    token: post,
    senders: 6,
    url: () => relay.url,
    onAcknowledged: (count) => void (count >= 50 && some.resolve()),
  });
  await some.promise;
  expect(await relay.kill("SIGTERM")).toBe("0");
  relay = await startRelay({ path, admin: "test" });
  await ledger.stop();
  await expectNothingLost(relay.url, "alice", read, ledger);
}, 60_000);
