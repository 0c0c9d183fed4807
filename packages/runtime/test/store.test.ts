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

test("what is there is told apart from what is not, also when it is undefined or no number", () => {
  const store = new Store<number | undefined>();
  const versions: number[] = [];
  store.subscribe(({ version }) => versions.push(version));
  store.set("nothing", undefined);
  store.set("nothing", undefined);
  store.set("odd", Number.NaN);
  store.set("odd", Number.NaN);
  expect([store.has("nothing"), store.has("else"), versions]).toEqual([true, false, [1, 2]]);
  expect(store.replace("nothing", 1)).toBe(true);
  expect([store.get("nothing"), store.version]).toEqual([1, 3]);
});

test("a snapshot stays as it was taken", () => {
  const store = new Store<number>();
  store.set("a", 1);
  const before = store.snapshot();
  store.set("a", 2);
  expect([before.version, before.entries.get("a"), store.snapshot().version]).toEqual([1, 1, 2]);
});

test("changes made while a follower looks at its snapshot come once, and one that left gets none", async () => {
  const store = new Store<number>();
  const seen: number[] = [];
  for await (const update of store.follow()) {
    if (update.kind === "snapshot") {
      store.set("a", 1);
      store.set("a", 2);
    } else {
      seen.push(update.change.version);
      if (update.change.version === 2) break;
    }
  }
  store.set("a", 3);
  expect(seen).toEqual([1, 2]);
});

test("a follower that was given the store anew is not told again what it holds", async () => {
  const store = new Store<number>({ capacity: 2 });
  const follower = store.follow();
  await follower.next();
  for (let i = 1; i <= 5; i++) store.set("a", i);
  expect((await follower.next()).value).toMatchObject({ kind: "snapshot", snapshot: { version: 5 } });
  const next = follower.next();
  await new Promise((resolve) => setTimeout(resolve, 0));
  store.set("a", 6);
  expect((await next).value).toEqual({
    kind: "change",
    change: { version: 6, id: "a", value: 6 },
  });
  store.close();
  expect(await follower.next()).toEqual({ done: true, value: undefined });
});

test("replacing, deleting and having say what there was", () => {
  const store = new Store<number>();
  store.set("a", 1);
  expect([store.replace("a", 2), store.delete("a"), store.delete("a"), store.has("a")]).toEqual([
    true,
    true,
    false,
    false,
  ]);
});
