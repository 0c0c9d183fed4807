import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { openSqliteStore } from "@holdfast/relay/server";
import { expect, onTestFinished, test } from "vitest";
import { storeCompliance } from "./store-compliance.ts";

const quota = { maxEvents: 10, maxBytes: 1_000 };

function directory(): string {
  const path = mkdtempSync(join(tmpdir(), "holdfast-relay-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

storeCompliance(
  "SQLite",
  async (own) => {
    const path = join(directory(), "relay.db");
    let store = openSqliteStore({ path, quota: own });
    return {
      store,
      async reopen() {
        await store[Symbol.asyncDispose]();
        store = openSqliteStore({ path, quota: own });
        return store;
      },
      remove: async () => await store[Symbol.asyncDispose](),
    };
  },
  { skip: undefined },
);

test("the file is its owner's alone", async () => {
  const path = join(directory(), "relay.db");
  await using store = openSqliteStore({ path, quota });
  await store.ready();
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

test("a file of a later version is refused and left as it was", () => {
  const path = join(directory(), "relay.db");
  const later = new DatabaseSync(path);
  later.exec("PRAGMA user_version = 99");
  later.close();
  expect(() => openSqliteStore({ path, quota })).toThrow(expect.objectContaining({ code: "STORE_TOO_NEW" }));
});

test("appends of one turn share one transaction", async () => {
  const path = join(directory(), "relay.db");
  await using store = openSqliteStore({ path, quota: { maxEvents: 10_000, maxBytes: 1_000_000 } });
  await store.createSlot({ name: "a", epoch: "e", createdAt: 1 }, 1);
  const log = () => statSync(`${path}-wal`).size;
  const before = log();
  const envelope = Buffer.from("{}");
  await Promise.all(
    Array.from({ length: 200 }, (_, index) =>
      store.append({ slot: "a", sender: "b", id: `${index}`, at: 1, envelope }),
    ),
  );
  // A transaction each would write three pages or more each time.
  expect((log() - before) / 4_096).toBeLessThan(60);
});
