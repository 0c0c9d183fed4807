/** F5: a store on a disk without room. */
import { spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openSqliteMailStore } from "@holdfast/relay/node";
import { expect, onTestFinished, test } from "vitest";
import { virtualRig } from "./virtual-rig.ts";

/** A file system of 1 MiB, or undefined where none may be mounted. */
function smallDisk(): string | undefined {
  const path = mkdtempSync(join(tmpdir(), "holdfast-full-"));
  const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=1m,mode=0700", "tmpfs", path]);
  onTestFinished(() => {
    if (mounted.status === 0) spawnSync("umount", [path]);
    rmSync(path, { recursive: true, force: true });
  });
  return mounted.status === 0 ? path : undefined;
}

function fill(path: string): void {
  const file = openSync(path, "w");
  try {
    for (let bytes = 65_536; bytes >= 512; bytes /= 2) {
      try {
        for (;;) if (writeSync(file, Buffer.alloc(bytes)) < bytes) break;
      } catch {
        // No room for so many; for half of them, perhaps.
      }
    }
  } finally {
    closeSync(file);
  }
}

test("F5 on a full disk nothing is taken in or said to be sent, and all of it is once there is room", async ({
  skip,
}) => {
  const disk = smallDisk();
  if (disk === undefined) return skip("skipped: needs a tmpfs that may be mounted");
  const store = openSqliteMailStore(join(disk, "mail.db"));
  onTestFinished(() => store[Symbol.asyncDispose]());
  const { relay, alice, client, pass, dataOf, states } = virtualRig({ store });
  relay.append(await alice.write("before"));
  await pass(1_000);
  const filler = join(disk, "filler");
  fill(filler);
  for (let count = 0; count < 50; count++) relay.append(await alice.write(`${count} ${"x".repeat(2_000)}`));
  const send = client.send({ to: client.key, type: "note", data: "y".repeat(2_000) });
  await expect(send).rejects.toThrow(/full/);
  await pass(120_000);
  const cursor = await store.cursor();
  expect(await dataOf()).toEqual(["before"]);
  expect(cursor).toBe("one:1");
  expect(states()).toContain("degraded");
  rmSync(filler);
  await pass(60_000);
  expect(await dataOf()).toHaveLength(51);
  expect(client.state.kind).toBe("connected");
  await client.send({ to: client.key, type: "note" });
  await pass(1_000);
  expect(relay.head).toBe("one:52");
});
