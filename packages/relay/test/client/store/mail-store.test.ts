/** What every store must do; those of Node here, that of the browser in Chromium. */
import { mkdtempSync, rmSync, statSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type KeyText, memoryMailStore } from "@holdfast/relay";
import { openSqliteMailStore } from "@holdfast/relay/node";
import { setFailpoints } from "@holdfast/runtime/failpoints";
import { expect, onTestFinished, test } from "vitest";
import { storeSuite } from "./store-suite.ts";

const scratch = (): string => {
  const path = mkdtempSync(join(tmpdir(), "holdfast-mail-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
};

storeSuite("memory", async () => {
  const store = memoryMailStore();
  return { store, reopen: async () => store };
});

storeSuite("SQLite", async () => {
  const path = join(scratch(), "mail.db");
  const store = openSqliteMailStore(path);
  return {
    store,
    reopen: async () => {
      await store[Symbol.asyncDispose]();
      return openSqliteMailStore(path);
    },
  };
});

test("a mail file is for us alone, and no link is followed to another", async () => {
  const directory = scratch();
  const path = join(directory, "mail.db");
  await openSqliteMailStore(path)[Symbol.asyncDispose]();
  expect(statSync(path).mode & 0o777).toBe(0o600);
  symlinkSync(path, join(directory, "link.db"));
  expect(() => openSqliteMailStore(join(directory, "link.db"))).toThrow(
    expect.objectContaining({ code: "UNSAFE_FILE" }),
  );
});

test.each(["relay.commit.rows", "relay.commit.cursor"])(
  "a page that fails at %s leaves nothing of it behind",
  async (point) => {
    await using store = openSqliteMailStore(":memory:");
    const event = { source: "a", recipient: "b", sequence: 1, expirytime: "2030-01-01T00:00:00Z" } as never;
    const page = {
      cursor: "a:1",
      accepted: [{ id: "x", event, receivedAt: 1 }],
      quarantined: [],
      released: [],
    };
    {
      using _ = setFailpoints(`${point}:1*error(disk full)`);
      expect(() => store.commit(page)).toThrow("disk full");
    }
    expect([await store.cursor(), await store.inbox(0, 10)]).toEqual([undefined, []]);
    expect(await store.commit(page)).toBe(1);
  },
);

test("a message that fails between its number and its row takes no number", async () => {
  await using store = openSqliteMailStore(":memory:");
  const event = { id: "x", recipient: "b" as KeyText, sequence: 1, envelope: "{}", expiresAt: 1 };
  {
    using _ = setFailpoints("relay.enqueue.row:1*error(disk full)");
    expect(() => store.enqueue(event, "order 7")).toThrow("disk full");
  }
  expect([await store.lastSequence(event.recipient), await store.outgoing(10)]).toEqual([0, []]);
  expect(await store.sentAs(event.recipient, "order 7")).toBeUndefined();
});
