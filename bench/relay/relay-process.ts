/** `relay-process.ts PATH|postgres://… [NATS]`: a relay on SQLite, synchronous=FULL, or on PostgreSQL with NATS. */
import { openNatsWakes } from "@holdfast/relay/nats";
import { openPostgresStore } from "@holdfast/relay/postgres";
import { createRelay, openSqliteStore } from "@holdfast/relay/server";
import { serveParent } from "./process.ts";

const [path = "", nats] = process.argv.slice(2);
const fast = { perSecond: 1e9, burst: 1e9 };
const quota = { maxEvents: 1e7, maxBytes: 1e12 };
const relay = createRelay({
  store: path.startsWith("postgres:")
    ? await openPostgresStore({ url: path, quota })
    : openSqliteStore({ path, quota }),
  ...(nats !== undefined && { wakes: await openNatsWakes({ servers: [nats] }) }),
  rates: { post: fast, read: fast },
  limits: { maxReadersPerSlot: 20_000 },
  onError: () => undefined,
});
const url = await relay.listen();
const admin = await relay.mintAdminToken();

serveParent(async ({ what }) => {
  switch (what) {
    case "where":
      return { url, admin };
    case "memory":
      globalThis.gc?.();
      return { rss: process.memoryUsage().rss, readers: relay.readers };
    case "end":
      await relay.stop(100);
      return undefined;
    default:
      return undefined;
  }
});
