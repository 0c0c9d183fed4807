/** From `send` to a verified row in the recipient's inbox, each on its own beside what others do. */
import type { KeyText } from "@holdfast/relay";
import { bareRelay } from "./bare-relay.ts";
import { connectNats, requestNats, startNats } from "./nats.ts";
import { startWorker, type Worker } from "./process.ts";

const epochMs = () => performance.timeOrigin + performance.now();

/** A pair of clients that know each other. */
export interface Pair extends AsyncDisposable {
  readonly alice: Worker;
  readonly bob: Worker;
  readonly bobKey: KeyText;
}

/** Makes slots and tokens at the relay, and starts both clients. `url` is how they reach it. */
export async function startPair(
  directory: string,
  relay: Worker,
  names: readonly [string, string],
  { url, bobPolls = false }: { readonly url?: string; readonly bobPolls?: boolean } = {},
): Promise<Pair> {
  const at = await relay.ask<{ url: string; admin: string }>({ what: "where" });
  const call = async (path: string, body: object) => {
    const headers = { authorization: `Bearer ${at.admin}`, "content-type": "application/json" };
    const response = await fetch(at.url + path, { method: "POST", headers, body: JSON.stringify(body) });
    return (await response.json()) as { token: string };
  };
  for (const slot of names) await call("/v1/slots", { slot });
  const [a, b] = names;
  const read = async (slot: string) => (await call("/v1/tokens", { scope: "read", slot })).token;
  const post = (await call("/v1/tokens", { scope: "post", slot: b, sender: a })).token;
  const alice = await startWorker("client-process.ts", directory, a);
  const bob = await startWorker("client-process.ts", directory, b, ...(bobPolls ? ["polls"] : []));
  const [aliceKey, bobKey] = [
    await alice.ask<string>({ what: "key" }),
    await bob.ask<KeyText>({ what: "key" }),
  ];
  const via = url ?? at.url;
  await alice.ask({
    what: "run",
    mailbox: { url: via, slot: a, token: await read(a) },
    route: { url: via, slot: b, token: post },
  });
  await bob.ask({ what: "run", mailbox: { url: via, slot: b, token: await read(b) }, pinned: aliceKey });
  const wanted = bobPolls ? "degraded" : "connected";
  while ((await bob.ask<{ state: string }>({ what: "state" })).state !== wanted);
  return {
    ...{ alice, bob, bobKey },
    async [Symbol.asyncDispose]() {
      await alice[Symbol.asyncDispose]();
      await bob[Symbol.asyncDispose]();
    },
  };
}

/** One event after the other: ms from before `send` until its row is on the recipient's disk. */
export async function sendToRow({ alice, bob, bobKey }: Pair, count: number): Promise<readonly number[]> {
  const samples: number[] = [];
  let arrived: (at: number) => void = () => undefined;
  bob.onEvent(({ at }) => arrived(Number(at)));
  for (let data = 0; data < count; data++) {
    const row = new Promise<number>((resolve) => (arrived = resolve));
    const sent = await alice.ask<number>({ what: "send", to: bobKey, data });
    samples.push((await row) - sent);
  }
  return samples;
}

/** The same path without anything that makes it safe: POST, then a line on a stream. */
export async function postToStream(count: number): Promise<readonly number[]> {
  await using relay = await bareRelay();
  const response = await fetch(relay.url);
  const reader = response.body?.getReader();
  const samples: number[] = [];
  for (let data = 0; data < count; data++) {
    const from = epochMs();
    const posted = fetch(relay.url, { method: "POST", body: JSON.stringify({ data }) });
    await reader?.read();
    samples.push(epochMs() - from);
    await (await posted).arrayBuffer();
  }
  await reader?.cancel();
  return samples;
}

/**
 * NATS, publish to receive. `core`: in memory, and nothing is acknowledged. `jetstream`: a stream in a file as it is by
 * default, which is written to the disk every two minutes.
 */
export async function natsLatency(
  directory: string,
  kind: "core" | "jetstream",
  count: number,
): Promise<readonly number[] | undefined> {
  await using server = await startNats(directory);
  if (!server) return undefined;
  using to = await connectNats(server.port);
  using from = await connectNats(server.port);
  let arrived: () => void = () => undefined;
  to.subscribe(kind === "core" ? "slot" : "delivered", () => arrived());
  if (kind === "jetstream") {
    const stream = { name: "BENCH", subjects: ["slot"], storage: "file" };
    await requestNats(from, "$JS.API.STREAM.CREATE.BENCH", stream);
    const config = { deliver_subject: "delivered", ack_policy: "none", deliver_policy: "new" };
    await requestNats(from, "$JS.API.CONSUMER.CREATE.BENCH", { stream_name: "BENCH", config });
  }
  await new Promise((resolve) => setTimeout(resolve, 50));
  const samples: number[] = [];
  for (let data = 0; data < count; data++) {
    const at = epochMs();
    const came = new Promise<void>((resolve) => (arrived = resolve));
    from.publish("slot", JSON.stringify({ data }));
    await came;
    samples.push(epochMs() - at);
  }
  return samples;
}

/** Events at random times, with a recipient that has no stream and asks every 5 s: ms from `send` to each one's row. */
export async function pollingLatency(
  { alice, bob, bobKey }: Pair,
  count: number,
): Promise<readonly number[]> {
  const rows = new Map<number, (at: number) => void>();
  bob.onEvent(({ events, at }) => {
    for (const data of events as readonly number[]) rows.get(data)?.(Number(at));
  });
  const sent = Array.from({ length: count }, async (_, data) => {
    const row = new Promise<number>((resolve) => rows.set(data, resolve));
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 20_000));
    const at = await alice.ask<number>({ what: "send", to: bobKey, data });
    return (await row) - at;
  });
  return await Promise.all(sent);
}
