import { openPostgresStore } from "@holdfast/relay/postgres";
import type { RelayStore } from "@holdfast/relay/server";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { type PostgresServer, postgresNeeded, startPostgres } from "../../servers/postgres.ts";
import { storeCompliance } from "./store-compliance.ts";

let server: PostgresServer;
beforeAll(async () => {
  if (postgresNeeded === undefined) server = await startPostgres();
}, 60_000);
afterAll(() => server?.remove());

const quota = { maxEvents: 1_000_000, maxBytes: 1_000_000_000 };

storeCompliance(
  "PostgreSQL",
  async (own) => {
    const url = await server.newDatabase();
    let store = await openPostgresStore({ url, quota: own, maxConnections: 4 });
    return {
      store,
      async reopen() {
        await store[Symbol.asyncDispose]();
        store = await openPostgresStore({ url, quota: own, maxConnections: 4 });
        return store;
      },
      remove: async () => await store[Symbol.asyncDispose](),
    };
  },
  { skip: postgresNeeded },
);

async function stores(count: number): Promise<{ readonly url: string; readonly all: readonly RelayStore[] }> {
  const url = await server.newDatabase();
  const all = await Promise.all(
    Array.from({ length: count }, () => openPostgresStore({ url, quota, maxConnections: 4 })),
  );
  onTestFinished(async () => {
    await Promise.all(all.map((store) => store[Symbol.asyncDispose]()));
  });
  return { url, all };
}

const event = (slot: string, id: string) => ({ slot, sender: "bob", id, at: 1, envelope: Buffer.from("{}") });

test.skipIf(postgresNeeded)(
  `relays that begin at once on an empty database make its tables once, and give each event a place of its own${told()}`,
  async () => {
    const { all } = await stores(3);
    await all[0]?.createSlot({ name: "a", epoch: "e", createdAt: 1 }, 10);
    const outcomes = await Promise.all(
      Array.from(
        { length: 600 },
        async (_, index) => await all[index % 3]?.append(event("a", `id-${index}`)),
      ),
    );
    const places = outcomes.map((outcome) => outcome?.cursor.seq ?? 0).sort((x, y) => x - y);
    expect(places).toEqual(Array.from({ length: 600 }, (_, index) => index + 1));
  },
);

test.skipIf(postgresNeeded)(
  `the same posting by way of three relays at once is stored once${told()}`,
  async () => {
    const { all } = await stores(3);
    await all[0]?.createSlot({ name: "a", epoch: "e", createdAt: 1 }, 10);
    const outcomes = await Promise.all(
      Array.from(
        { length: 60 },
        async (_, index) => await all[index % 3]?.append(event("a", `id-${index % 5}`)),
      ),
    );
    expect(outcomes.filter((outcome) => outcome?.kind === "stored")).toHaveLength(5);
    expect(await all[1]?.findSlot("a")).toMatchObject({ head: 5, events: 5 });
  },
);

test.skipIf(postgresNeeded)(
  `a reader never sees an event before all that come before it in its slot${told()}`,
  async () => {
    const { all } = await stores(3);
    const [one, two, reader] = all as [RelayStore, RelayStore, RelayStore];
    await one.createSlot({ name: "a", epoch: "e", createdAt: 1 }, 10);
    let isOver = false;
    const writing = Promise.all(
      [one, two].map(async (store, who) => {
        for (let index = 0; index < 100; index++) await store.append(event("a", `id-${who}-${index}`));
      }),
    ).then(() => {
      isOver = true;
    });
    let seen = 0;
    while (!isOver || seen < 200) {
      const page = await reader.read({
        slot: "a",
        after: { epoch: "e", seq: seen },
        limit: 100,
        maxBytes: 1e6,
      });
      for (const { seq } of page.events) expect(seq).toBe(++seen);
    }
    await writing;
  },
);

test.skipIf(postgresNeeded)(
  `while the database is away everything is refused with STORE_UNAVAILABLE, and works once it is back${told()}`,
  async () => {
    // One of its own: a crash recovery takes the longer the more databases there are.
    const own = await startPostgres();
    onTestFinished(() => own.remove());
    await using store = await openPostgresStore({ url: await own.newDatabase(), quota });
    await store.createSlot({ name: "a", epoch: "e", createdAt: 1 }, 10);
    await store.append(event("a", "id-1"));
    await own.stop();
    const away = { code: "STORE_UNAVAILABLE", details: { retryAfterMs: expect.any(Number) as number } };
    await expect(store.append(event("a", "id-2"))).rejects.toMatchObject(away);
    await expect(store.ready()).rejects.toMatchObject(away);
    await own.start();
    expect(await store.append(event("a", "id-2"))).toMatchObject({ cursor: { seq: 2 } });
    expect(await store.append(event("a", "id-1"))).toMatchObject({ kind: "repeated", cursor: { seq: 1 } });
  },
  120_000,
);

test.skipIf(postgresNeeded)(`a database of a later version is refused${told()}`, async () => {
  const { url } = await stores(1);
  await server.run("UPDATE holdfast_relay.schema_version SET version = 99", url);
  await expect(openPostgresStore({ url, quota })).rejects.toMatchObject({ code: "STORE_TOO_NEW" });
});

test.skipIf(postgresNeeded)(
  `acknowledged means durable also where the database is set to answer before its disk does${told()}`,
  async () => {
    const { url } = await stores(1);
    const name = /test_\d+/.exec(url)?.[0];
    await server.run(
      `ALTER DATABASE ${name} SET synchronous_commit = off;
       CREATE TABLE seen (setting text);
       CREATE FUNCTION look() RETURNS trigger LANGUAGE plpgsql AS
         'BEGIN INSERT INTO seen VALUES (current_setting(''synchronous_commit'')); RETURN NULL; END';
       CREATE TRIGGER look AFTER INSERT ON holdfast_relay.event EXECUTE FUNCTION look();`,
      url,
    );
    await using own = await openPostgresStore({ url, quota, maxConnections: 1 });
    await own.createSlot({ name: "a", epoch: "e", createdAt: 1 }, 10);
    await own.append(event("a", "id-1"));
    expect(await server.run("SELECT setting FROM seen", url)).toEqual([{ setting: "on" }]);
    expect(await server.run("SHOW synchronous_commit", url)).toEqual([{ synchronous_commit: "off" }]);
  },
);

function told(): string {
  return postgresNeeded === undefined ? "" : ` (skipped: needs ${postgresNeeded})`;
}
