/** F22, T10: replayed, forged, reordered, doubled, misdirected and mistimed mail. HOLDFAST_RELAY_EVENTS=100000 for all of it. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Envelope, toBase64Url } from "@holdfast/relay";
import { openSqliteMailStore } from "@holdfast/relay/node";
import { seededRandom } from "@holdfast/runtime";
import { expect, onTestFinished, test } from "vitest";
import { fromHex, smallOrderKeys } from "../envelope/small-order-keys.ts";
import { somebody, virtualRig, Writer } from "./virtual-rig.ts";

const count = Number(process.env["HOLDFAST_RELAY_EVENTS"] ?? 2_000);
/** Far more than it takes, also on a machine that has other things to do. */
const timeout = 60_000 + count * 30;

function openScratchStore() {
  const directory = mkdtempSync(join(tmpdir(), "holdfast-hostile-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return openSqliteMailStore(join(directory, "mail.db"));
}

test(`F22 ${count} events of which most are forged or come again: 0 lost, 0 twice, 0 accepted of those`, {
  timeout,
}, async () => {
  const random = seededRandom(22);
  const store = openScratchStore();
  onTestFinished(() => store[Symbol.asyncDispose]());
  const rig = virtualRig({ store, heartbeatMs: 0 });
  const { relay, alice, clock, client, pass } = rig;
  const below = (most: number) => Math.floor(random.next() * most);
  const mallory = new Writer(client.key, clock);
  const elsewhere = new Writer(somebody().publicKey, clock);
  const day = 86_400_000;
  const at = (ms: number) => new Date(clock.now() + ms).toISOString();
  const fair: string[] = [];
  const changed = (envelope: string, change: (parts: Envelope) => object): string => {
    const parts = JSON.parse(envelope) as Envelope;
    return JSON.stringify({ ...parts, ...change(parts) });
  };
  const flipped = (text: string): string => {
    const place = below(text.length - 4);
    return text.slice(0, place) + (text[place] === "A" ? "B" : "A") + text.slice(place + 1);
  };
  const resigned = (keyid: string) => (envelope: string) =>
    changed(envelope, ({ signatures }) => ({ signatures: signatures.map(({ sig }) => ({ keyid, sig })) }));
  const some = () => fair[below(fair.length)] ?? "{}";

  const forge: Readonly<Record<string, () => string | Promise<string>>> = {
    "a payload with one character changed": () =>
      changed(some(), ({ payload }) => ({ payload: flipped(payload) })),
    "a signature with one character changed": () =>
      changed(some(), ({ signatures: [first] }) => ({
        signatures: [{ keyid: first?.keyid, sig: flipped(first?.sig ?? "") }],
      })),
    "another's key under it": () => resigned(mallory.signer.publicKey)(some()),
    "a key of small order under it": () =>
      resigned(toBase64Url(fromHex(smallOrderKeys[below(14)] ?? "")))(some()),
    "a text that is no envelope": () => ["", "{", "[]", "null", '{"payload":1}', "💡"][below(6)] ?? "",
    "half of an envelope": () => some().slice(0, 80),
    "mallory's, in alice's name": () => mallory.write("forged", { source: alice.signer.publicKey }),
    "mallory's own": () => mallory.write("of a stranger"),
    "for somebody else": () => mallory.write("misdirected", { recipient: elsewhere.signer.publicKey }),
    "alice's, for somebody else": () => alice.write("misdirected", { recipient: elsewhere.signer.publicKey }),
    "alice's, expired": () => alice.write("late", { time: at(-2 * day), expirytime: at(-day) }),
    "alice's, from next week": () => alice.write("early", { time: at(7 * day), expirytime: at(8 * day) }),
    "alice's, with a number that was used": () => alice.write("again", { sequence: 1 }),
  };
  const kinds = Object.values(forge);
  const posts: string[] = [];
  let good = 0;
  while (posts.length < count) {
    const draw = random.next();
    if (draw < 0.2 || fair.length === 0) {
      fair.push(await alice.write(good++));
      posts.push(fair.at(-1) ?? "");
    } else if (draw < 0.5) posts.push(some());
    else posts.push((await kinds[below(kinds.length)]?.()) ?? "");
  }
  // Reordered: everything but the first ones, by up to 50 places.
  for (let index = 1; index < posts.length; index++) {
    const other = Math.max(1, index - below(50));
    [posts[index], posts[other]] = [posts[other] ?? "", posts[index] ?? ""];
  }
  for (const [index, envelope] of posts.entries()) relay.append(envelope, `post-${index}`);
  while ((await store.cursor()) !== relay.head) await pass(100);

  const accepted = (await store.inbox(0, count)).map(({ event }) => event);
  expect(accepted.every(({ source }) => source === alice.signer.publicKey)).toBe(true);
  const numbers = accepted.map(({ data }) => Number(data)).sort((a, b) => a - b);
  expect(numbers).toEqual(Array.from({ length: good }, (_, index) => index));
  const reasons = new Set<string>();
  for (let after = ""; ; ) {
    const kept = await store.quarantine(after, 1_000);
    for (const { reason } of kept) reasons.add(reason);
    const last = kept.at(-1);
    if (!last) break;
    after = last.id;
  }
  expect([...reasons].sort()).toEqual(["from-the-future", "number-taken", "unpinned-sender"]);
  console.log(`F22: ${good} of ${posts.length} were good; ${good} accepted, 0 others, 0 twice`);
});

test("W-12 1 poison and 5,000 later events: all of them come in, in order, and the poison is kept", async () => {
  const store = openScratchStore();
  onTestFinished(() => store[Symbol.asyncDispose]());
  const { relay, alice, client, clock, pass } = virtualRig({ store, heartbeatMs: 0 });
  relay.append(await new Writer(client.key, clock).write("poison"));
  for (let index = 0; index < 5_000; index++) relay.append(await alice.write(index));
  while ((await store.cursor()) !== relay.head) await pass(100);
  const inbox = await store.inbox(0, 10_000);
  expect(inbox.map(({ event }) => event.data)).toEqual(Array.from({ length: 5_000 }, (_, index) => index));
  expect(await store.quarantine("", 10)).toHaveLength(1);
}, 180_000);

test("F22 a key that is trusted no longer is judged as a stranger's from the next page on", async () => {
  const { relay, alice, pinned, pass, dataOf, store } = virtualRig();
  relay.append(await alice.write("before"));
  await pass(1_000);
  pinned.delete(alice.signer.publicKey);
  relay.append(await alice.write("after"));
  await pass(1_000);
  expect(await dataOf()).toEqual(["before"]);
  expect(await store.quarantine("", 10)).toMatchObject([{ reason: "unpinned-sender" }]);
});

test("F9 clocks that are 4 minutes apart do no harm, and a clock that was set back for a day loses nothing", async () => {
  const { relay, alice, clock, pass, dataOf, asked } = virtualRig();
  const here = clock.now();
  clock.setWall(here + 240_000);
  relay.append(await alice.write("of one who is ahead"));
  clock.setWall(here);
  await pass(1_000);
  expect(await dataOf()).toEqual(["of one who is ahead"]);
  relay.append(await alice.write("sent today"));
  clock.setWall(clock.now() - 86_400_000);
  await pass(3_600_000);
  const pulls = asked("GET /v1/events/mine").length;
  // No timer went by the wall: it polled once a minute, and no more.
  expect(pulls).toBeLessThan(70);
  clock.setWall(here + 7_200_000);
  await pass(120_000);
  expect(await dataOf()).toEqual(["of one who is ahead", "sent today"]);
});

test("T12 strangers fill no disk: beyond the limit theirs are refused and told, a pinned sender's are kept", async () => {
  const { relay, alice, client, clock, pass, store, events, dataOf } = virtualRig({
    maxQuarantined: 5,
    pageSize: 4,
  });
  const mallory = new Writer(client.key, clock);
  for (let index = 0; index < 20; index++) relay.append(await mallory.write(index));
  const time = new Date(clock.now() + 3_600_000).toISOString();
  relay.append(await alice.write("soon", { time }));
  relay.append(await alice.write("now"));
  await pass(1_000);
  const kept = await store.quarantine("", 100);
  expect(kept.filter(({ reason }) => reason === "unpinned-sender")).toHaveLength(5);
  expect(kept.filter(({ reason }) => reason === "from-the-future")).toHaveLength(1);
  expect(await dataOf()).toEqual(["now"]);
  const refused = events.flatMap((event) => (event.type === "rejected" ? [event.rejection.reason] : []));
  expect(refused).toEqual(Array(15).fill("no-room"));
});
