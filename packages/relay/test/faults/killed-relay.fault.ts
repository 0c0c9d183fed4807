import { seededRandom, systemClock } from "@holdfast/runtime";
import { expect, onTestFinished, test } from "vitest";
import { failpoints, killAt, makeSlot, temporaryDatabase } from "../killed-at.ts";
import { expectNothingLost, postAgain } from "../post-ledger.ts";
import { startRelay } from "../relay-process.ts";
import { natsNeeded, startNats } from "../servers/nats.ts";
import { postgresNeeded, startPostgres } from "../servers/postgres.ts";
import { readerOf } from "./stream-reader.ts";

const { HOLDFAST_FAULTS: size, HOLDFAST_FAULTS_SEED: seed = "1" } = process.env as Readonly<
  Record<"HOLDFAST_FAULTS" | "HOLDFAST_FAULTS_SEED", string | undefined>
>;
const kills = size === "short" ? 20 : 1_000;

test.each(failpoints)(
  "F21: a relay that is killed at %s under load loses nothing it acknowledged",
  async (point) => {
    await killAt(point);
  },
);

test(`F21: a relay that is killed at ${kills} random times under load loses nothing it acknowledged`, async () => {
  const random = seededRandom(Number(seed));
  const path = temporaryDatabase();
  let relay = await startRelay({ path, admin: "test" });
  const { read, post } = await makeSlot(relay.url, relay.admin);
  const ledger = postAgain({ slot: "alice", token: post, senders: 8, url: () => relay.url });
  for (let kill = 0; kill < kills; kill++) {
    // Under load: some have been acknowledged since the last one, and others are on their way.
    for (const before = ledger.acknowledged.size; ledger.acknowledged.size < before + 8; )
      await systemClock.sleep(1);
    await systemClock.sleep(random.next() * 60);
    await relay.kill("SIGKILL");
    relay = await startRelay({ path, admin: "test" });
  }
  await ledger.stop();
  await expectNothingLost(relay.url, "alice", read, ledger);
  tell(`${kills} kills`, ledger);
  // A busy machine takes four seconds for each.
}, 10_800_000);

const needed = postgresNeeded ?? natsNeeded;
const rounds = size === "short" ? 2 : 20;

test.skipIf(needed).each([
  { over: "NATS", nats: true },
  { over: "NOTIFY", nats: false },
])(
  `F21: three relays on PostgreSQL and $over, each killed in turn under load, lose nothing, and a reader is woken${
    needed === undefined ? "" : ` (skipped: needs ${needed})`
  }`,
  async ({ nats: overNats }) => {
    const postgres = await startPostgres();
    onTestFinished(() => postgres.remove());
    const nats = await startNats();
    onTestFinished(() => nats.remove());
    const url = await postgres.newDatabase();
    const start = (admin: string) =>
      startRelay({ postgres: url, ...(overNats ? { nats: nats.address } : {}), admin, heartbeatMs: 2_000 });
    const relays = await Promise.all(["a", "b", "c"].map(start));
    const [first] = relays;
    const { read, post } = await makeSlot(first?.url ?? "", first?.admin ?? "");
    const reader = readerOf(() => relays.map((relay) => relay.url), read);
    const ledger = postAgain({
      slot: "alice",
      token: post,
      senders: 9,
      // As behind a load balancer: another one whenever one does not answer.
      url: (sender, attempt) => relays[(sender + attempt) % relays.length]?.url ?? "",
    });
    for (let kill = 0; kill < rounds * relays.length; kill++) {
      const who = kill % relays.length;
      await systemClock.sleep(300);
      await relays[who]?.kill("SIGKILL");
      await systemClock.sleep(300);
      relays[who] = await start(["a", "b", "c"][who] ?? "");
    }
    await ledger.stop();
    await reader.reaches(ledger.acknowledged.size);
    await expectNothingLost(relays[0]?.url ?? "", "alice", read, ledger);
    expect([...reader.events].sort()).toEqual([...ledger.acknowledged.keys()].sort());
    tell(`${rounds * relays.length} kills of three relays`, ledger);
  },
  3_600_000,
);

function tell(what: string, ledger: ReturnType<typeof postAgain>): void {
  console.log(`F21: ${what}, ${ledger.acknowledged.size} acknowledged, ${ledger.repeats} repeated, 0 lost`);
}
