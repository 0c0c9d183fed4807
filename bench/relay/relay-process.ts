/** `relay-process.ts PATH [PORT]`: a relay on SQLite, synchronous=FULL. */
import { createRelay, openSqliteStore } from "@holdfast/relay/server";
import { serveParent } from "./process.ts";

const [path = "", port = "0"] = process.argv.slice(2);
const fast = { perSecond: 1e9, burst: 1e9 };
const relay = createRelay({
  store: openSqliteStore({ path, quota: { maxEvents: 1e7, maxBytes: 1e12 } }),
  rates: { post: fast, read: fast },
  limits: { maxReadersPerSlot: 20_000 },
  onError: () => undefined,
});
const url = await relay.listen({ port: Number(port) });
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
