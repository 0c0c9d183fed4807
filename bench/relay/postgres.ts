/** PostgreSQL with NATS below a relay: the servers that its tests take, as Debian configures them but for their places. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { postgresNeeded, startPostgres } from "../../packages/relay/test/servers/postgres.ts";
import { startNats } from "./nats.ts";

/** Calls `measure` with the URLs of both; resolves to undefined where one of them is not installed. */
export async function overPostgres<T>(
  directory: string,
  measure: (postgres: string, nats: string) => Promise<T>,
): Promise<T | undefined> {
  if (postgresNeeded !== undefined) return undefined;
  mkdirSync(join(directory, "wakes"));
  await using nats = await startNats(join(directory, "wakes"));
  if (!nats) return undefined;
  const postgres = await startPostgres();
  try {
    return await measure(await postgres.newDatabase(), `127.0.0.1:${nats.port}`);
  } finally {
    await postgres.remove();
  }
}
