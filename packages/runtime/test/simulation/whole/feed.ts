import { type ChildContext, type ChildSpec, loop, type ShutdownToken, stream } from "../../../src/index.ts";
import type { Connection, Machine, World } from "../../../src/testing/index.ts";
import { whole } from "./draw.ts";

/** Time between two pulls when nothing wakes, and the longest a pull takes. */
const [pollMs, pullMs] = [400, 20];

/** A server whose log grows; whoever is connected is told to look. What was pulled of it outlives a program. */
export class Peer {
  readonly log: { readonly at: number }[] = [];
  /** How many entries were applied. */
  applied = 0;
  readonly #world: World;
  readonly #connections = new Set<Connection>();

  constructor(world: World) {
    this.#world = world;
    world.host("peer").run(({ network }) => {
      network.listen(80, (connection) => void this.#serve(connection));
      return new Promise(() => {});
    });
    const { faults, network } = world;
    faults.plan("entry", { atMost: 8, withinMs: 3_000, inject: () => this.append() });
    faults.plan("reset", { atMost: 2, withinMs: 3_000, inject: () => void network.reset("box", "peer") });
    faults.plan("partition", {
      withinMs: 2_000,
      inject: (random) => {
        network.partition("box", "peer");
        world.clock.setTimeout(() => network.repair("box", "peer"), random.next() * 800);
      },
    });
  }

  append(): void {
    this.log.push({ at: this.#world.clock.monotonic() });
    for (const connection of this.#connections) connection.send(new Uint8Array([1]));
  }

  async #serve(connection: Connection): Promise<void> {
    this.#connections.add(connection);
    try {
      for await (const _ of connection);
    } catch {
      // It was reset: the client comes again.
    }
    this.#connections.delete(connection);
  }
}

/** Pulls from the peer whenever it is woken, or by the clock: A stream wakes, a pull carries. I10. */
export class Feed {
  readonly #world: World;
  readonly #machine: Machine;
  readonly #peer: Peer;
  /** Since when it pulls, while it does. */
  #liveSince: number | undefined;
  #wokenAt: number | undefined;

  constructor(world: World, machine: Machine, peer: Peer) {
    this.#world = world;
    this.#machine = machine;
    this.#peer = peer;
  }

  get spec(): ChildSpec {
    return { id: "feed", stop: "infinity", start: (ctx) => this.#run(ctx) };
  }

  complaint(): string | undefined {
    const now = this.#machine.clock.monotonic();
    const { log, applied } = this.#peer;
    if (applied > log.length) return `${applied} entries of ${log.length} were applied`;
    if (this.#liveSince === undefined) return undefined;
    const first = log[applied];
    const late = now - Math.max(this.#liveSince, first?.at ?? now);
    if (late > pollMs + 3 * pullMs) return `entry ${applied} waits for ${late} ms, a period is ${pollMs} ms`;
    const asleep = now - (this.#wokenAt ?? now);
    if (asleep > pullMs + 1) return `woken ${asleep} ms ago, and no pull has begun`;
    return undefined;
  }

  async #run({ token }: ChildContext): Promise<void> {
    const { clock, random, network } = this.#machine;
    const puller = loop({ clock, everyMs: pollMs, steps: [{ name: "pull", run: () => this.#pull() }] });
    this.#liveSince = clock.monotonic();
    token.onCancel(() => {
      this.#liveSince = undefined;
      this.#wokenAt = undefined;
    });
    const opened = new Set<string>();
    const listening = stream(
      {
        clock,
        random,
        backoff: { initialMs: 20, factor: 2, maxMs: 100 },
        connect: () => network.connect("peer", 80),
        onEvent: () => this.#woken(puller, token),
        onState: ({ kind }) => {
          if (kind === "open" && opened.has(kind)) this.#world.mark("a stream was there again");
          opened.add(kind);
        },
      },
      token,
    );
    await Promise.all([puller.run(token), listening]);
  }

  #woken(puller: ReturnType<typeof loop>, token: ShutdownToken): void {
    if (token.isCancelled) return;
    const { clock } = this.#machine;
    const asked = clock.now();
    this.#world.mark("a pull was woken");
    this.#wokenAt ??= clock.monotonic();
    void puller.trigger().then((report) => {
      const isFresh = report ? report.at >= asked : token.isCancelled;
      this.#world.assert("I10", isFresh, "a trigger was answered by a pass that began before it");
    });
  }

  async #pull(): Promise<void> {
    const { clock, random } = this.#machine;
    this.#wokenAt = undefined;
    const peer = this.#peer;
    const from = peer.applied;
    const page = peer.log.length;
    await clock.sleep(whole(random, 0, pullMs));
    this.#world.assert("I10", peer.applied === from, "two pulls run at once");
    if (page > from) this.#world.mark("a pull carried something");
    peer.applied = page;
  }
}
