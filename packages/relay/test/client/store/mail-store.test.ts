/** What every store must do; those of Node here, that of the browser in Chromium. */
import { mkdtempSync, rmSync, statSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { memoryMailStore } from "@holdfast/relay";
import { openSqliteMailStore } from "@holdfast/relay/node";
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
