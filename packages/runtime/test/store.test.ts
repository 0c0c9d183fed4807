import { expect, test } from "vitest";
import { Store } from "../src/index.ts";

test("every change has the next version, and a value set again changes nothing", () => {
  const store = new Store<string>();
  const changes: unknown[] = [];
  const off = store.subscribe((change) => changes.push(change));
  store.set("web", "running");
  store.set("web", "running");
  store.set("db", "stopped");
  store.delete("web");
  expect([store.delete("web"), store.replace("web", "x"), store.replace("db", "running")]).toEqual([
    false,
    false,
    true,
  ]);
  off();
  store.set("web", "again");
  expect(changes).toEqual([
    { version: 1, id: "web", value: "running" },
    { version: 2, id: "db", value: "stopped" },
    { version: 3, id: "web" },
    { version: 4, id: "db", value: "running" },
  ]);
  expect([store.version, [...store.snapshot().entries]]).toEqual([
    5,
    [
      ["db", "running"],
      ["web", "again"],
    ],
  ]);
});

test("a follower starts from the whole store and misses nothing after it", async () => {
  const store = new Store<number>();
  store.set("a", 1);
  const follower = store.follow();
  const first = await follower.next();
  expect(first.value).toMatchObject({ kind: "snapshot", snapshot: { version: 1 } });
  store.set("a", 2);
  store.delete("a");
  store.close();
  const rest: unknown[] = [];
  for await (const update of follower) rest.push(update);
  expect(rest).toEqual([
    { kind: "change", change: { version: 2, id: "a", value: 2 } },
    { kind: "change", change: { version: 3, id: "a" } },
  ]);
});

test("a follower too slow for the changes is given the whole store anew, and ends up equal to it", async () => {
  const store = new Store<number>({ capacity: 4 });
  const follower = store.follow();
  await follower.next();
  for (let i = 1; i <= 100; i++) store.set(`k${i % 7}`, i);
  store.close();
  let mine = new Map<string, number>();
  let snapshots = 0;
  let version = 0;
  for await (const update of follower) {
    if (update.kind === "snapshot") {
      mine = new Map(update.snapshot.entries);
      ({ version } = update.snapshot);
      snapshots++;
    } else {
      // What the snapshot holds already must not be played over it again.
      expect(update.change.version).toBe(++version);
      if (update.change.value !== undefined) mine.set(update.change.id, update.change.value);
    }
  }
  expect(snapshots).toBe(1);
  expect(mine).toEqual(store.snapshot().entries);
});
