/** A relay whose disk is full, on a file system of 2 MiB of its own. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { expectNothingLost } from "../post-ledger.ts";
import { openRelay } from "./open-relay.ts";

function mountSmall(): string | undefined {
  const path = mkdtempSync(join(tmpdir(), "holdfast-relay-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=2m,mode=0700", "holdfast-test", path], {
      stdio: "ignore",
    });
  } catch {
    return undefined;
  }
  onTestFinished(() => void execFileSync("umount", ["-l", path]));
  return path;
}

test("with a full disk nothing is acknowledged, nothing acknowledged is lost, and it goes on once there is room", async ({
  skip,
}) => {
  const path = mountSmall();
  if (path === undefined) return skip("skipped: needs a tmpfs that may be mounted");
  const errors: string[] = [];
  const relay = await openRelay({
    path: join(path, "relay.db"),
    onError: (_error, where) => void errors.push(where),
    rates: { post: { perSecond: 1e6, burst: 1e6 } },
  });
  const { read, post } = await relay.slot("alice");
  writeFileSync(join(path, "ballast"), Buffer.alloc(512 * 1024));
  const acknowledged = new Map<string, string>();
  const envelope = (n: number): string => JSON.stringify({ n, text: "x".repeat(8_000) });
  let refused = await relay.post("alice", post, envelope(-1));
  for (let n = 0; refused.status === 201 || refused.status === 200; n++) {
    const posted = await relay.post("alice", post, envelope(n));
    if (posted.status === 201) acknowledged.set(envelope(n), posted.json<{ cursor: string }>().cursor);
    refused = posted;
  }
  expect([refused.status, refused.headers["retry-after"], refused.json()]).toMatchObject([
    503,
    "5",
    { error: { code: "STORE_UNAVAILABLE" } },
  ]);
  expect(acknowledged.size).toBeGreaterThan(10);
  expect(errors).toContain("POST /v1/events/alice");
  // Many at once are one transaction: none of them is acknowledged.
  const many = await Promise.all(
    Array.from({ length: 20 }, (_, n) => relay.post("alice", post, envelope(10_000 + n))),
  );
  for (const [n, { status, text }] of many.entries()) {
    if (status === 201)
      acknowledged.set(envelope(10_000 + n), (JSON.parse(text) as { cursor: string }).cursor);
  }
  expect(many.some(({ status }) => status === 503)).toBe(true);
  const ledger = { acknowledged, repeats: 0, stop: () => Promise.resolve() };
  await expectNothingLost(relay.url, "alice", read, ledger);

  rmSync(join(path, "ballast"));
  const again = await relay.post("alice", post, envelope(20_000));
  expect(again.status).toBe(201);
  acknowledged.set(envelope(20_000), again.json<{ cursor: string }>().cursor);
  await expectNothingLost(relay.url, "alice", read, ledger);
  expect((await relay.ask("GET", "/readyz")).status).toBe(200);
});
