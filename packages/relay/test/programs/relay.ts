/** A relay as a process that can be killed: says its URL and an admin token, and stops at SIGTERM. */
import { openNatsWakes } from "@holdfast/relay/nats";
import { openPostgresStore, openPostgresWakes } from "@holdfast/relay/postgres";
import { createRelay, defaultQuota, openSqliteStore, type WakeBus } from "@holdfast/relay/server";
import { systemClock } from "@holdfast/runtime";
import { setFailpoints } from "@holdfast/runtime/failpoints";

/** What it is told in `RELAY`. */
export interface RelayProgram {
  readonly path?: string;
  readonly postgres?: string;
  readonly nats?: string;
  readonly failpoint?: string;
  readonly heartbeatMs?: number;
  readonly admin: string;
}

const { RELAY = "" } = process.env as { readonly RELAY?: string };
const told = JSON.parse(RELAY) as RelayProgram;
if (told.failpoint !== undefined) {
  setFailpoints(told.failpoint, { clock: systemClock, kill: () => process.kill(process.pid, "SIGKILL") });
}
const rate = { perSecond: 1e6, burst: 1e6 };
const relay = createRelay({
  store:
    told.postgres === undefined
      ? openSqliteStore({ path: told.path ?? ":memory:", quota: defaultQuota })
      : await openPostgresStore({ url: told.postgres, quota: defaultQuota }),
  ...(told.postgres === undefined ? {} : { wakes: await wakesOver(told.postgres) }),
  rates: { post: rate, read: rate },
  streams: { heartbeatMs: told.heartbeatMs ?? 15_000 },
});
process.on("SIGTERM", () => void relay.stop().then(() => process.exit(0)));
const admin = await relay.mintAdminToken(told.admin);
process.stdout.write(`${JSON.stringify({ url: await relay.listen(), admin })}\n`);

function wakesOver(postgres: string): Promise<WakeBus> {
  return told.nats === undefined
    ? openPostgresWakes({ url: postgres })
    : openNatsWakes({ servers: [told.nats] });
}
