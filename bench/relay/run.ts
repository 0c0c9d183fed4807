/**
 * The relay and its client on the loopback, in one run: `node bench/relay/run.ts [--only latency|crowd|flood|outage]
 * [--events N] [--readers N] [--flood N] [--directory D]`. Stores are in the temporary directory, or below D: on a disk, or memory is
 * measured.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { tcpProxy } from "@holdfast/relay/testing";
import { openReaders, untilAllWoke } from "./crowd.ts";
import { natsLatency, pollingLatency, postToStream, sendToRow, startPair } from "./latency.ts";
import { quantile, told } from "./measures.ts";
import { outage } from "./outage.ts";
import { overPostgres } from "./postgres.ts";
import { startWorker } from "./process.ts";
import { redisLatency } from "./redis.ts";

const { values } = parseArgs({
  options: {
    only: { type: "string" },
    events: { type: "string", default: "1000" },
    readers: { type: "string", default: "10000" },
    flood: { type: "string", default: "100000" },
    directory: { type: "string", default: tmpdir() },
  },
});
const wanted = (part: string) => values.only === undefined || values.only === part;
const events = Number(values.events);
const directory = mkdtempSync(join(values.directory, "bench-relay-"));
let pairs = 0;
const path = (name: string) => join(directory, name);

try {
  if (wanted("latency")) await latency();
  if (wanted("crowd")) await crowd(Number(values.readers));
  if (wanted("flood")) await flood(Number(values.flood));
  if (wanted("outage")) await away();
} finally {
  rmSync(directory, { recursive: true, force: true });
}

async function latency(): Promise<void> {
  const rows: [string, readonly number[] | undefined][] = [];
  rows.push(["send → verified row, all FULL", await ofPair(path("latency.db"))]);
  const shared = await overPostgres(directory, (postgres, nats) => ofPair(postgres, nats));
  rows.push(["the same over PostgreSQL, NATS", shared]);
  const bare = await postToStream(events);
  rows.push(["bare POST → stream, no disk", bare]);
  rows.push(["NATS core, no disk", await natsLatency(path("core"), "core", events)]);
  rows.push(["JetStream, file, not synced", await natsLatency(path("jetstream"), "jetstream", events)]);
  rows.push(["Redis stream, AOF always", await redisLatency(directory, events)]);
  rows.push(["polling every 5 s", await polled()]);
  console.log(`one event after the other, ${events} of them:`);
  for (const [name, samples] of rows)
    console.log(`  ${name.padEnd(30)}  ${samples ? told(samples) : "not installed"}`);
  const ratio = quantile(rows[0]?.[1] ?? [], 0.5) / quantile(bare, 0.5);
  console.log(`  ratio of the medians: ${ratio.toFixed(1)} × bare POST → stream`);
}

async function ofPair(...store: readonly string[]): Promise<readonly number[]> {
  await using relay = await startWorker("relay-process.ts", ...store);
  await using pair = await startPair(directory, relay, [`a${++pairs}`, `b${pairs}`]);
  await sendToRow(pair, 50);
  return await sendToRow(pair, events);
}

async function polled(): Promise<readonly number[]> {
  await using relay = await startWorker("relay-process.ts", path("polled.db"));
  await using pair = await startPair(directory, relay, ["a", "b"], { bobPolls: true });
  return await pollingLatency(pair, 20);
}

async function crowd(count: number): Promise<void> {
  await using relay = await startWorker("relay-process.ts", path("crowd.db"));
  const { url, admin } = await relay.ask<{ url: string; admin: string }>({ what: "where" });
  const call = async (where: string, body: unknown, bearer = admin, more = {}) => {
    const headers = { authorization: `Bearer ${bearer}`, "content-type": "application/json", ...more };
    const response = await fetch(url + where, { method: "POST", headers, body: JSON.stringify(body) });
    return (await response.json()) as { token: string };
  };
  await call("/v1/slots", { slot: "crowd" });
  const { token: read } = await call("/v1/tokens", { scope: "read", slot: "crowd" });
  const { token: post } = await call("/v1/tokens", { scope: "post", slot: "crowd", sender: "bench" });
  const before = await relay.ask<{ rss: number }>({ what: "memory" });
  const some = await openReaders(url, "crowd", read, Math.min(count, 2_000));
  const rounds: number[][] = [];
  for (let round = 0; round < 20; round++) {
    const key = { "idempotency-key": `round-${round}`.padEnd(20, "-") };
    rounds.push([...(await untilAllWoke(some, () => call("/v1/events/crowd", { round }, post, key)))]);
  }
  const last = rounds.map((round) => Math.max(...round));
  console.log(
    `one wake to ${some.length} readers: the last has it after ${quantile(last, 0.5).toFixed(1)} ms (median of 20)`,
  );
  const rest = await openReaders(url, "crowd", read, count - some.length);
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  const after = await relay.ask<{ rss: number; readers: number }>({ what: "memory" });
  const each = (after.rss - before.rss) / 1_024 / after.readers;
  console.log(`${after.readers} idle readers: ${each.toFixed(1)} KiB each, of the relay's memory`);
  for (const { socket } of [...some, ...rest]) socket.destroy();
}

/** A network that breaks every 3 s, while one sends as fast as it can. */
async function flood(count: number): Promise<void> {
  await using relay = await startWorker("relay-process.ts", path("flood.db"));
  const { url } = await relay.ask<{ url: string }>({ what: "where" });
  await using proxy = await tcpProxy(url);
  await using pair = await startPair(directory, relay, ["c", "d"], { url: proxy.url });
  const from = performance.now();
  const seen = new Map<number, number>();
  pair.bob.onEvent(({ events: some }) => {
    for (const each of some as readonly number[]) seen.set(each, (seen.get(each) ?? 0) + 1);
  });
  const breaking = setInterval(() => proxy.cut(), 3_000);
  await pair.alice.ask({ what: "flood", to: pair.bobKey, count });
  const stored = performance.now() - from;
  while (seen.size < count) await new Promise((resolve) => setTimeout(resolve, 100));
  clearInterval(breaking);
  const all = performance.now() - from;
  const twice = [...seen.values()].filter((times) => times > 1).length;
  const rate = (ms: number) => `${((count / ms) * 1_000).toFixed(0)}/s`;
  console.log(`${count} events through ${proxy.connections} connections that broke: 0 lost, ${twice} twice`);
  console.log(`  in the sender's outbox ${rate(stored)}, in the recipient's inbox ${rate(all)}`);
}

async function away(): Promise<void> {
  const { peak, p50Ms, p99Ms } = await outage(2_000, 3_000);
  console.log(`2,000 clients after 3 s without a relay: at most ${peak} connections in 100 ms;`);
  console.log(`  back after ${p50Ms.toFixed(0)} ms (median), ${p99Ms.toFixed(0)} ms (p99)`);
}
