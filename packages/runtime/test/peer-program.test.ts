// Structured concurrency in a peer program (`./peer-program`) that is built of the library's own parts.
import { expect, test } from "vitest";
import { VirtualClock } from "../src/testing/index.ts";
import { countListeners } from "./listener-count.ts";
import { type PeerEvent, type PeerOptions, startPeer } from "./peer-program/peer-program.ts";
import { FakeDisk, FakeNetwork } from "./peer-program/seams.ts";

/** Four chunks of 10 ms to fetch and 10 ms to write: a download takes 80 ms. */
const downloadMs = 80;

async function setUp(options: Partial<PeerOptions> = {}) {
  const clock = new VirtualClock();
  const network = new FakeNetwork(clock);
  const disk = new FakeDisk(clock);
  const peer = startPeer({ clock, network, disk, ...options });
  const events: PeerEvent[] = [];
  peer.events.subscribe((event) => events.push(event));
  await clock.advance(0);
  const send = async (type: "download" | "download-anew" | "cancel", item = "film") => {
    expect(peer.sender().send({ type, item })).toBe(true);
    await clock.advance(0);
  };
  const types = () => events.map(({ type }) => type);
  const stop = async () => {
    peer.shutdown({ kind: "user-requested" });
    await clock.advance(2_000);
    return peer.waitStopped();
  };
  return { clock, network, disk, peer, events, send, types, stop };
}

/** The same with a download that is under way for `ms`. */
async function downloading(ms: number, peers: readonly string[] = ["ann"]) {
  const rig = await setUp();
  for (const peer of peers) rig.network.join(peer, "film");
  await rig.send("download");
  await rig.clock.advance(ms);
  return rig;
}

const names = (count: number) => Array.from({ length: count }, (_, chunk) => `film/${chunk}`);

test("L-05 a download of all chunks completes, with one event", async () => {
  const { disk, peer, types, stop } = await downloading(downloadMs);
  expect([disk.whole, types()]).toEqual([names(4), ["completed"]]);
  expect(peer.downloads.items.get("film")).toBe("complete");
  expect((await stop()).left).toEqual([]);
});

test("L-05 a download has a token of its own: cancelling one leaves the other and the program alone", async () => {
  const { clock, network, peer, send, types } = await downloading(25);
  network.join("bob", "song");
  await send("download", "song");
  await send("cancel", "film");
  await clock.advance(downloadMs);
  expect(types()).toEqual(["cancelled", "completed"]);
  expect([peer.downloads.items.get("film"), peer.downloads.items.get("song")]).toEqual([
    "wanted",
    "complete",
  ]);
  expect(peer.supervisor.snapshot().state).toBe("running");
});

test("L-05 a cancellation is looked at between peers: the next one is not asked", async () => {
  const { clock, network, send, types } = await downloading(0, ["ann", "bob"]);
  network.broken.add("ann");
  await clock.advance(5);
  await send("cancel");
  await clock.advance(100);
  expect([network.fetches, types()]).toEqual([["ann film/0"], ["cancelled"]]);
});

test("L-05 a peer that hears nothing does not hold up a cancellation", async () => {
  const rig = await setUp();
  rig.network.join("ann", "film");
  rig.network.deaf.add("ann");
  await rig.send("download");
  await rig.send("cancel");
  expect([rig.types(), rig.peer.downloads.tasks.size]).toEqual([["cancelled"], 0]);
});

test("L-05 a cancellation never falls into a write: it waits for the chunk, and nothing is fetched after it", async () => {
  const { clock, disk, network, peer, send, types } = await downloading(15);
  expect(disk.torn).toEqual(["film/0"]);
  await send("cancel");
  await clock.advance(4);
  expect([disk.torn, types(), peer.downloads.items.get("film")]).toEqual([["film/0"], [], "downloading"]);
  await clock.advance(1);
  expect([disk.torn, disk.whole, types()]).toEqual([[], ["film/0"], ["cancelled"]]);
  await clock.advance(100);
  expect(network.fetches).toHaveLength(1);
});

test("L-05 whenever it is cancelled or shut down, no chunk is torn, and the next download takes only what lacks", async () => {
  for (let ms = 0; ms <= downloadMs; ms++) {
    const cancelled = await downloading(ms);
    await cancelled.send("cancel");
    await cancelled.clock.advance(50);
    expect(cancelled.disk.torn, `cancelled after ${ms} ms`).toEqual([]);
    const { length } = cancelled.disk.whole;
    cancelled.network.fetches.length = 0;
    await cancelled.send("download");
    await cancelled.clock.advance(downloadMs);
    expect([cancelled.network.fetches.length, cancelled.disk.whole]).toEqual([4 - length, names(4)]);

    const shut = await downloading(ms);
    shut.peer.shutdown();
    let torn: readonly string[] | undefined;
    void shut.peer.waitStopped().then(() => {
      torn = shut.disk.torn;
    });
    await shut.clock.advance(100);
    expect([torn, shut.clock.pending], `shut down after ${ms} ms`).toEqual([[], 0]);
  }
});

type Rig = Awaited<ReturnType<typeof setUp>>;

const ends: Readonly<Record<string, (rig: Rig) => Promise<void>>> = {
  completion: async () => {},
  error: async ({ disk }) => {
    disk.failing = true;
  },
  cancellation: ({ send }) => send("cancel"),
  // By the registry's join, while a peer never answers.
  abort: async ({ network, peer, clock }) => {
    network.deaf.add("ann");
    await clock.advance(20);
    void peer.downloads.tasks.joinAll(10);
  },
};

test.each([
  ["completion", "completed", "complete"],
  ["error", "failed", "wanted"],
  ["cancellation", "cancelled", "wanted"],
  ["abort", "cancelled", "wanted"],
] as const)("L-06 the bookkeeping of a download is cleared by its %s", async (end, type, state) => {
  const rig = await downloading(5);
  const { peer, clock } = rig;
  expect([peer.downloads.items.get("film"), peer.downloads.running("film")?.name]).toEqual([
    "downloading",
    "download",
  ]);
  expect(peer.downloads.tasks.snapshot()).toMatchObject([{ name: "download film" }]);
  await ends[end]?.(rig);
  await clock.advance(downloadMs);
  expect(rig.types()).toEqual([type]);
  expect([
    peer.downloads.items.get("film"),
    peer.downloads.running("film"),
    peer.downloads.tasks.size,
  ]).toEqual([state, undefined, 0]);
});

test("L-06 only its owner clears it: a download that was replaced ends without a trace on its successor", async () => {
  const { clock, peer, send, types, disk } = await downloading(15);
  // The first is in a write that takes its time; the second begins meanwhile and owns the entry from here on.
  const first = peer.downloads.running("film");
  disk.writeMs = 1;
  await send("download-anew");
  const second = peer.downloads.running("film");
  expect(second).not.toBe(first);
  await clock.advance(5);
  expect(peer.downloads.tasks.size).toBe(1);
  expect([peer.downloads.items.get("film"), peer.downloads.running("film")]).toEqual(["downloading", second]);
  await clock.advance(downloadMs);
  expect([peer.downloads.items.get("film"), peer.downloads.running("film"), types()]).toEqual([
    "complete",
    undefined,
    ["completed"],
  ]);
});

test("L-06 a second command for an item that is being downloaded joins the first", async () => {
  const { clock, network, send, types } = await downloading(15);
  await send("download");
  await clock.advance(downloadMs);
  expect([network.fetches.length, types()]).toEqual([4, ["completed"]]);
});

test("L-07 whenever all peers of an item leave or vanish, exactly one event says so, and never a failure", async () => {
  for (let ms = 0; ms < downloadMs; ms++) {
    const left = await downloading(ms, ["ann", "bob"]);
    left.network.leave("ann");
    left.network.leave("bob");
    await left.clock.advance(downloadMs);
    // From the last chunk's write on nobody is needed any more.
    const ends = ms < downloadMs - 10 ? ["all-peers-gone"] : ["completed"];
    expect(left.types(), `left after ${ms} ms`).toEqual(ends);
    expect([left.peer.downloads.running("film"), left.disk.torn]).toEqual([undefined, []]);

    // Here the fetches break first, and only then somebody notices that the peers are gone.
    const vanished = await downloading(ms, ["ann", "bob"]);
    vanished.network.vanish("ann");
    vanished.network.vanish("bob");
    await vanished.clock.advance(3);
    vanished.network.leave("ann");
    vanished.network.leave("bob");
    await vanished.clock.advance(downloadMs);
    expect(vanished.types(), `vanished after ${ms} ms`).toEqual(ends);
  }
});

test("L-07 while one peer of an item is left the download goes on with it", async () => {
  const { clock, network, types } = await downloading(25, ["ann", "bob"]);
  network.leave("ann");
  await clock.advance(downloadMs);
  expect(types()).toEqual(["completed"]);
});

test("L-07 peers that are there and do not give it are a failure, and no case of all peers gone", async () => {
  const { clock, network, events } = await downloading(0, ["ann", "bob"]);
  network.broken.add("ann").add("bob");
  await clock.advance(50);
  expect(events).toMatchObject([{ type: "failed", item: "film", error: { errors: [{}, {}] } }]);
  expect(network.fetches).toEqual(["ann film/0", "bob film/0"]);
});

test("L-08 starting returns a handle at once, and commands sent before anything runs are not lost", async () => {
  const clock = new VirtualClock();
  const network = new FakeNetwork(clock);
  network.join("ann", "film");
  const disk = new FakeDisk(clock);
  const peer = startPeer({ clock, network, disk });
  expect(peer.sender().send({ type: "download", item: "film" })).toBe(true);
  expect(network.listeners.size).toBe(0);
  await clock.advance(downloadMs);
  expect(disk.whole).toEqual(names(4));
});

test("L-08 shutdown asks and returns at once; waitStopped joins it, for any number of callers and at any time", async () => {
  const { clock, network, peer } = await downloading(15);
  const waiting = [peer.waitStopped(), peer.waitStopped()];
  peer.shutdown({ kind: "user-requested" });
  peer.shutdown({ kind: "fatal" });
  expect(peer.supervisor.snapshot().state).toBe("running");
  await clock.advance(20);
  const exits = await Promise.all([...waiting, peer.waitStopped()]);
  expect(new Set(exits).size).toBe(1);
  expect(exits[0]).toEqual({ kind: "stopped", reason: { kind: "user-requested" }, left: [] });
  expect([network.goodbyes, network.listeners.size]).toEqual([["ann"], 0]);
  expect(peer.sender().send({ type: "cancel", item: "film" })).toBe(false);
});

test("L-08 the application's exit waits at most 2 s: a goodbye that hangs is left behind by name", async () => {
  const { clock, network, peer } = await downloading(15);
  network.goodbyeMs = Number.POSITIVE_INFINITY;
  peer.shutdown();
  let stopped = false;
  void peer.waitStopped().then(() => {
    stopped = true;
  });
  await clock.advance(1_999);
  expect(stopped).toBe(false);
  await clock.advance(1);
  expect(stopped).toBe(true);
  expect((await peer.waitStopped()).left).toEqual(["peers"]);
});

test("L-08 a write that hangs, too, is left behind within the 2 s, and the goodbyes are still said", async () => {
  const rig = await downloading(5);
  rig.disk.writeMs = Number.POSITIVE_INFINITY;
  await rig.clock.advance(10);
  const exit = await rig.stop();
  expect(exit).toMatchObject({ kind: "stopped" });
  expect([rig.network.goodbyes, rig.clock.monotonic()]).toEqual([["ann"], 2_015]);
});

test("L-09 the command loop ends silently when a shutdown was asked, also when its channel closes then", async () => {
  const { peer, clock, types } = await setUp();
  peer.shutdown();
  peer.sender().close(new Error("the window was closed"));
  await clock.advance(10);
  expect([await peer.waitStopped(), types()]).toEqual([
    { kind: "stopped", reason: { kind: "requested-by-run" }, left: [] },
    [],
  ]);
});

test("L-09 a channel that closes unexpectedly is a failure of the runtime, after what was sent has been obeyed", async () => {
  const { peer, clock, network, disk, events } = await downloading(15);
  network.join("bob", "song");
  peer.sender().send({ type: "download", item: "song" });
  peer.sender().close(new Error("the window crashed"));
  await clock.advance(0);
  expect(events.filter(({ type }) => type === "runtime-failed")).toMatchObject([
    {
      component: "commands",
      error: { cause: { message: "the command channel closed", cause: { message: "the window crashed" } } },
    },
  ]);
  expect(network.fetches).toContain("bob song/0");
  await clock.advance(50);
  expect(await peer.waitStopped()).toMatchObject({ kind: "failed", left: [] });
  expect([disk.torn, network.goodbyes]).toEqual([[], ["ann", "bob"]]);
});

test("L-09 a bug in a command is contained: it is told as the failure of the command loop, and all is stopped", async () => {
  const { peer, clock, events } = await setUp();
  peer.sender().send({ type: "explode" });
  await clock.advance(10);
  expect(events).toMatchObject([
    { type: "runtime-failed", component: "commands", error: { cause: { message: "a bug" } } },
  ]);
  expect(await peer.waitStopped()).toMatchObject({ kind: "failed" });
});

test("L-08 a thousand starts and stops, in the middle of downloads, leave no timer and no listener", async () => {
  const listeners = countListeners();
  for (let i = 0; i < 1_000; i++) {
    const { clock, network, stop } = await downloading(i % 90, ["ann", "bob"]);
    await stop();
    expect([clock.pending, listeners.current, network.listeners.size]).toEqual([0, 0, 0]);
  }
  listeners.end();
});
