/** Kills a relay at one of its failpoints while it is posted to. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished } from "vitest";
import { expectNothingLost, postAgain } from "./post-ledger.ts";
import { startRelay } from "./relay-process.ts";
import { askAt } from "./server/open-relay.ts";

/** In the order in which a posting comes by them. */
export const failpoints = [
  "relay.post.received",
  "relay.append.begin",
  "relay.append.inserted",
  "relay.append.commit",
  "relay.append.committed",
  "relay.post.stored",
  "relay.post.woken",
  "relay.post.replied",
] as const;

/** A database in a directory that goes with the test. */
export function temporaryDatabase(): string {
  const path = mkdtempSync(join(tmpdir(), "holdfast-relay-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return join(path, "relay.db");
}

/** A slot `alice`, a token to read it and one to post to it. */
export async function makeSlot(
  url: string,
  admin: string,
): Promise<{ readonly read: string; readonly post: string }> {
  await askAt(url, "POST", "/v1/slots", { token: admin, body: { slot: "alice" } });
  const mint = async (body: unknown) =>
    (await askAt(url, "POST", "/v1/tokens", { token: admin, body })).json<{ token: string }>().token;
  return {
    read: await mint({ scope: "read", slot: "alice" }),
    post: await mint({ scope: "post", slot: "alice", sender: "bob" }),
  };
}

/** Fails when an acknowledged event is lost, doubled, or elsewhere than it was said. */
export async function killAt(point: string): Promise<void> {
  const path = temporaryDatabase();
  let relay = await startRelay({ path, admin: "test", failpoint: `${point}:40*off->kill` });
  const { read, post } = await makeSlot(relay.url, relay.admin);
  const enough = Promise.withResolvers<void>();
  const ledger = postAgain({
    slot: "alice",
    token: post,
    senders: 6,
    url: () => relay.url,
    onAcknowledged: (count) => void (count >= 300 && enough.resolve()),
  });
  expect(await relay.ended).toBe("SIGKILL");
  relay = await startRelay({ path, admin: "test" });
  await enough.promise;
  await ledger.stop();
  expect(ledger.repeats).toBeGreaterThan(0);
  await expectNothingLost(relay.url, "alice", read, ledger);
}
