import { openNatsWakes } from "@holdfast/relay/nats";
import { openPostgresWakes } from "@holdfast/relay/postgres";
import { localWakeBus, type WakeBus } from "@holdfast/relay/server";
import { systemClock } from "@holdfast/runtime";
import { Client } from "pg";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { type NatsServer, natsNeeded, startNats } from "../../servers/nats.ts";
import { type PostgresServer, postgresNeeded, startPostgres } from "../../servers/postgres.ts";
import { untilHeard, wakeCompliance } from "./wake-compliance.ts";

let nats: NatsServer;
let postgres: PostgresServer;
beforeAll(async () => {
  if (natsNeeded === undefined) nats = await startNats();
  if (postgresNeeded === undefined) postgres = await startPostgres();
}, 60_000);
afterAll(async () => {
  await nats?.remove();
  await postgres?.remove();
});

wakeCompliance(
  "the wakes of one process",
  () => {
    const bus = localWakeBus();
    return Promise.resolve({ one: bus, two: bus });
  },
  { skip: undefined },
);

const overNats = (): Promise<WakeBus> => openNatsWakes({ servers: [nats.address] });
wakeCompliance("NATS", async () => ({ one: await overNats(), two: await overNats() }), { skip: natsNeeded });

wakeCompliance(
  "LISTEN and NOTIFY",
  async () => {
    const url = await postgres.newDatabase();
    return { one: await openPostgresWakes({ url }), two: await openPostgresWakes({ url }) };
  },
  { skip: postgresNeeded },
);

function owned(bus: WakeBus): WakeBus {
  onTestFinished(async () => await bus[Symbol.asyncDispose]());
  return bus;
}

test.skipIf(natsNeeded)(
  `wakes go on when NATS was away, and it is told that some may be missing${told()}`,
  async () => {
    const [one, two] = [owned(await overNats()), owned(await overNats())];
    const gap = Promise.withResolvers<void>();
    two.onGap(() => gap.resolve());
    await untilHeard(one, two, "a");
    await nats.stop();
    while (await isReady(one)) await systemClock.sleep(5);
    for (let index = 0; index < 10_000; index++) one.publish("a", { epoch: "e", seq: index });
    await nats.start();
    await gap.promise;
    await untilHeard(one, two, "a");
  },
);

test.skipIf(postgresNeeded)(
  `wakes go on when the database was away, and it is told that some may be missing${told()}`,
  async () => {
    const url = await postgres.newDatabase();
    const [one, two] = [owned(await openPostgresWakes({ url })), owned(await openPostgresWakes({ url }))];
    await untilHeard(one, two, "a");
    const gap = Promise.withResolvers<void>();
    two.onGap(() => gap.resolve());
    await postgres.stop();
    await postgres.start();
    await gap.promise;
    await untilHeard(one, two, "a");
  },
);

test.skipIf(postgresNeeded)(
  `1,000 heads of 300 slots make no more than one NOTIFY in 50 ms, and each slot's newest arrives${told()}`,
  async () => {
    const url = await postgres.newDatabase();
    const [one, two] = [owned(await openPostgresWakes({ url })), owned(await openPostgresWakes({ url }))];
    const client = new Client({ connectionString: url });
    await client.connect();
    onTestFinished(async () => await client.end());
    let texts = 0;
    const moments = new Set<number>();
    client.on("notification", () => {
      texts++;
      moments.add(Math.floor(systemClock.monotonic() / 10));
    });
    await client.query("LISTEN holdfast_relay_wake");
    const newest = new Map<string, number>();
    const slots = Array.from({ length: 300 }, (_, index) => `slot-${index}`);
    for (const slot of slots) two.subscribe(slot, ({ seq }) => newest.set(slot, seq));
    const began = systemClock.monotonic();
    for (let seq = 1; seq <= 1_000; seq++) {
      one.publish(slots[seq % 300] ?? "", { epoch: "e", seq });
      if (seq % 100 === 0) await systemClock.sleep(10);
    }
    await untilHeard(one, two, "last");
    const tookMs = systemClock.monotonic() - began;
    const right = new Map(
      slots.map((slot, index) => [slot, index <= 100 && index > 0 ? 900 + index : 600 + index]),
    );
    right.set("slot-0", 900);
    expect(new Map([...newest].sort())).toEqual(new Map([...right].sort()));
    // Each is of two texts here, as one takes less than 8,000 bytes.
    expect(texts).toBeLessThanOrEqual(2 * (Math.ceil(tookMs / 50) + 1));
  },
);

async function isReady(bus: WakeBus): Promise<boolean> {
  return await bus.ready().then(
    () => true,
    () => false,
  );
}

function told(): string {
  const needed = natsNeeded ?? postgresNeeded;
  return needed === undefined ? "" : ` (skipped: needs ${needed})`;
}
