/** F1 A client that is killed -9 at each of its failpoints: what `send` resolved for arrives, once; so does all else. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { openIdentity } from "@holdfast/relay/node";
import { expect, onTestFinished, test } from "vitest";
import { realRig } from "./real-rig.ts";

const program = fileURLToPath(new URL("programs/client.ts", import.meta.url));

/** One life of the program. */
class Life {
  readonly exited: Promise<NodeJS.Signals | null>;
  readonly #child: ChildProcess;
  readonly #seen: string[] = [];
  #look: () => void = () => undefined;

  constructor(directory: string, slot: string, failpoint = "") {
    const env = { ...process.env, HOLDFAST_FAILPOINT: failpoint };
    this.#child = spawn(process.execPath, [program, directory, slot], {
      env,
      stdio: ["pipe", "pipe", "inherit"],
    });
    this.exited = new Promise((resolve) => this.#child.once("exit", (_code, signal) => resolve(signal)));
    this.#child.stdin?.on("error", () => undefined);
    if (this.#child.stdout) {
      createInterface({ input: this.#child.stdout }).on("line", (line) => {
        this.#seen.push(line);
        this.#look();
      });
    }
    onTestFinished(() => this.end());
  }

  send(upTo: number): void {
    this.#child.stdin?.write(`${upTo}\n`);
  }

  kill(): void {
    this.#child.kill("SIGKILL");
  }

  async until(is: (seen: readonly string[]) => boolean): Promise<void> {
    while (!is(this.#seen)) await new Promise<void>((resolve) => (this.#look = resolve));
  }

  async end(): Promise<void> {
    this.#child.stdin?.end();
    await this.exited;
  }
}

async function twoSlots() {
  const rig = await realRig();
  const [alice, bob] = [
    await openIdentity(join(rig.directory, "alice.key")),
    await openIdentity(join(rig.directory, "bob.key")),
  ];
  const [atAlice, atBob] = [await rig.relay.slot("alice"), await rig.relay.slot("bob")];
  const { url } = rig.relay;
  const [aliceKey, bobKey] = [alice.signer.publicKey, bob.signer.publicKey];
  const write = (slot: string, settings: object) =>
    writeFileSync(join(rig.directory, `${slot}.json`), JSON.stringify(settings));
  write("alice", {
    mailbox: { url, slot: "alice", token: atAlice.read },
    routes: { [bobKey]: { url, slot: "bob", token: atBob.post } },
    ...{ pinned: [], to: bobKey },
  });
  write("bob", { mailbox: { url, slot: "bob", token: atBob.read }, routes: {}, pinned: [aliceKey] });
  return {
    directory: rig.directory,
    /** What is in bob's inbox now, in order. */
    received: async () => {
      const path = join(rig.directory, "bob.db");
      if (!existsSync(path)) return [];
      using database = new DatabaseSync(path, { readOnly: true, timeout: 5_000 });
      const isThere =
        database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'inbox'").get() !== undefined;
      const rows = isThere ? database.prepare("SELECT event FROM inbox ORDER BY seq").all() : [];
      return rows.map(({ event }) => Number((JSON.parse(String(event)) as { data: unknown }).data));
    },
    acknowledged: () =>
      readFileSync(join(rig.directory, "alice.sent"), "utf8").split("\n").filter(Boolean).map(Number),
  };
}

/** Each starts three programs, one after the other; on a busy machine that alone takes ten seconds. */
const threeLives = 60_000;

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

const upTo = (count: number) => Array.from({ length: count }, (_, at) => at);

test.each([
  "relay.send.signed",
  "relay.enqueue.row",
  "relay.send.stored",
  "relay.post.accepted",
  "relay.post.settled",
])(
  "F1 W-03 the sender killed at %s loses nothing it said was sent",
  { timeout: threeLives },
  async (point) => {
    const { directory, received, acknowledged } = await twoSlots();
    const killed = new Life(directory, "alice", `${point}:7*off->kill`);
    killed.send(20);
    expect(await killed.exited).toBe("SIGKILL");
    const before = acknowledged();
    const [again, bob] = [new Life(directory, "alice"), new Life(directory, "bob")];
    again.send(before.length + 5);
    await again.until((seen) => seen.filter((line) => line === "posted").length >= 5);
    for (;;) {
      const there = new Set(await received());
      if (acknowledged().length === before.length + 5 && acknowledged().every((each) => there.has(each)))
        break;
      await Promise.race([
        bob.until((seen) => seen.includes("never")),
        new Promise((resolve) => setTimeout(resolve, 20)),
      ]);
    }
    await Promise.all([again.end(), bob.end()]);
    // A send that was on the disk and had not been told of is sent again, as another one, by this program.
    const there = await received();
    const twice = there.length - new Set(there).size;
    expect(twice).toBeLessThanOrEqual(point === "relay.send.stored" ? 1 : 0);
    expect([...new Set(there)].sort((a, b) => a - b)).toEqual(upTo(before.length + 5));
  },
);

test.each([
  "relay.pull.read",
  "relay.pull.judged",
  "relay.commit.rows",
  "relay.commit.cursor",
  "relay.pull.committed",
])("F1 W-03 the reader killed at %s takes every event once", { timeout: threeLives }, async (point) => {
  const { directory, received } = await twoSlots();
  const [alice, killed] = [new Life(directory, "alice"), new Life(directory, "bob", `${point}:2*off->kill`)];
  let isKilled = false;
  void killed.exited.then(() => (isKilled = true));
  for (const count of [5, 10, 15, 20]) {
    alice.send(count);
    await alice.until((seen) => seen.filter((line) => line === "posted").length >= count);
    // A reader that is slower than its sender would take all of it at once, and come by the point too seldom.
    while (!isKilled && (await received()).length < count) await pause(20);
  }
  expect(await killed.exited).toBe("SIGKILL");
  const again = new Life(directory, "bob");
  while ((await received()).length < 20) await pause(20);
  await Promise.all([alice.end(), again.end()]);
  expect(await received()).toEqual(upTo(20));
});

const kills = Number(process.env["HOLDFAST_RELAY_KILLS"] ?? 6);
const timeout = 120_000 + kills * 5_000;

test(`F1 both killed at ${kills} random moments: 0 lost, 0 twice but what was never told`, {
  timeout,
}, async () => {
  const { directory, received, acknowledged } = await twoSlots();
  let [alice, bob] = [new Life(directory, "alice"), new Life(directory, "bob")];
  for (let count = 1; count <= kills; count++) {
    alice.send(count * 10);
    const victim = count % 2 === 0 ? alice : bob;
    // Not while it is only starting: then it has done nothing yet.
    await victim.until((seen) => seen.length > 0);
    await pause(Math.random() * 200);
    victim.kill();
    await victim.exited;
    if (count % 2 === 0) alice = new Life(directory, "alice");
    else bob = new Life(directory, "bob");
  }
  alice.send(kills * 10);
  const wanted = upTo(kills * 10);
  const isAll = async () => {
    const there = new Set(await received());
    return wanted.every((each) => there.has(each));
  };
  while (!(await isAll())) await new Promise((resolve) => setTimeout(resolve, 20));
  await Promise.all([alice.end(), bob.end()]);
  const there = await received();
  expect(acknowledged().every((each) => there.includes(each))).toBe(true);
  // Each kill of the sender may fall between the disk and the telling.
  const twice = there.length - new Set(there).size;
  expect(twice).toBeLessThanOrEqual(Math.floor(kills / 2));
  console.log(
    `F1: ${kills} kills of a sender and a reader, ${wanted.length} sent, 0 lost, ${twice} sent anew`,
  );
});
