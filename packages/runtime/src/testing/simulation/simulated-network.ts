import type { Clock } from "../../clock.ts";
import { HoldfastError } from "../../errors.ts";
import type { Random } from "../../random.ts";
import type { Owner } from "./host.ts";
import type { Listener, Network } from "./seams.ts";
import { ConnectionEnd } from "./simulated-connection.ts";

export interface SimulatedNetworkOptions {
  readonly clock: Clock;
  readonly random: Random;
  note(line: string): void;
}

interface Link {
  state: "up" | "held" | "partitioned";
  /** What is under way, in order; behind it, what has arrived and waits for the link to be up again. */
  readonly sent: (() => void)[];
  readonly waiting: (() => void)[];
}

interface Listening {
  accept(connection: ConnectionEnd): void;
  readonly owner: Owner;
}

/**
 * Hosts and the links between them. As TCP does, a link keeps what it cannot deliver and delivers it, in
 * order, once it can: a partition shows by silence, and to who connects by a timeout.
 */
export class SimulatedNetwork {
  /** How long one way takes, in ms: drawn from this range for each message. Default 1 to 20. */
  latencyMs: readonly [number, number] = [1, 20];
  /** After this long a connect through a partition fails. Default 10,000. */
  connectTimeoutMs = 10_000;
  readonly #options: SimulatedNetworkOptions;
  readonly #links = new Map<string, Link>();
  readonly #listening = new Map<string, Listening>();
  readonly #connections = new Set<ConnectionEnd>();
  readonly #off = new Set<string>();

  constructor(options: SimulatedNetworkOptions) {
    this.#options = options;
  }

  /** Nothing passes between the two, in either direction, until `repair`; new connections time out. */
  partition(a: string, b: string): void {
    this.#set([this.#link(a, b), this.#link(b, a)], "partitioned", `partition ${a} ${b}`);
  }

  /** Nothing passes in this one direction. */
  partitionOneWay(from: string, to: string): void {
    this.#set([this.#link(from, to)], "partitioned", `partition ${from} to ${to}`);
  }

  /** Whatever is under way between the two waits until `release`, also who connects. */
  hold(a: string, b: string): void {
    this.#set([this.#link(a, b), this.#link(b, a)], "held", `hold ${a} ${b}`);
  }

  /** Ends a partition or a hold between the two; what waited is delivered. */
  repair(a: string, b: string): void {
    this.#set([this.#link(a, b), this.#link(b, a)], "up", `repair ${a} ${b}`);
  }

  /** The same, by the name that goes with `hold`. */
  release(a: string, b: string): void {
    this.repair(a, b);
  }

  /** Resets every connection between the two, as a router that forgets them would. Gives how many there were. */
  reset(a: string, b: string): number {
    const hit = [...this.#connections].filter(({ from, to }) => from === a && to === b);
    this.#options.note(`reset ${hit.length} between ${a} and ${b}`);
    for (const end of hit) {
      end.peer?.breaks();
      end.breaks();
    }
    return hit.length;
  }

  /** How many connections have an end on this host that is open. */
  openOn(host: string): number {
    return [...this.#connections].filter(({ from, isOpen }) => from === host && isOpen).length;
  }

  /** A host without power answers nothing, not even that a connection is gone. */
  powerOff(host: string): void {
    this.#off.add(host);
  }

  /** It answers again, from now on. */
  powerOn(host: string): void {
    this.#off.delete(host);
  }

  /** What one life of a program has of the network. */
  seam(host: string, owner: Owner): Network {
    return {
      connect: (to, port) => this.#connect(host, to, port, owner),
      listen: (port, accept) => this.#listen(host, port, { accept, owner }),
    };
  }

  #listen(host: string, port: number, listening: Listening): Listener {
    const address = `${host}:${port}`;
    if (this.#listening.has(address)) throw new HoldfastError("ADDRESS_IN_USE", `${address} is in use`);
    this.#listening.set(address, listening);
    const close = () => {
      if (this.#listening.get(address) === listening) this.#listening.delete(address);
    };
    listening.owner.onEnd(close);
    return { close };
  }

  async #connect(from: string, to: string, port: number, owner: Owner): Promise<ConnectionEnd> {
    const address = `${to}:${port}`;
    const answer = Promise.withResolvers<ConnectionEnd>();
    const refuse = (code: string, why: string) =>
      answer.reject(new HoldfastError(code, `${address}: ${why}`));
    const { clock } = this.#options;
    const isHeld = [this.#link(from, to), this.#link(to, from)].some(({ state }) => state === "held");
    const timer = clock.setTimeout(
      () => refuse("CONNECTION_TIMED_OUT", `no answer in ${this.connectTimeoutMs} ms`),
      isHeld ? Number.POSITIVE_INFINITY : this.connectTimeoutMs,
    );
    owner.onEnd(() => clock.clearTimeout(timer));
    this.#send(from, to, () => {
      const listening = this.#listening.get(address);
      this.#send(to, from, () => {
        clock.clearTimeout(timer);
        if (owner.isOver()) return;
        if (!listening || listening.owner.isOver()) refuse("CONNECTION_REFUSED", "nobody listens");
        else answer.resolve(this.#join(from, to, owner, listening));
      });
    });
    const connection = await answer.promise;
    return owner.isOver() ? new Promise(() => {}) : connection;
  }

  #join(from: string, to: string, owner: Owner, listening: Listening): ConnectionEnd {
    const ends = [
      new ConnectionEnd(from, to, owner, (deliver) => this.#send(from, to, deliver)),
      new ConnectionEnd(to, from, listening.owner, (deliver) => this.#send(to, from, deliver)),
    ] as const;
    ends[0].peer = ends[1];
    ends[1].peer = ends[0];
    for (const end of ends) {
      this.#connections.add(end);
      end.onGone = () => this.#connections.delete(end);
      // A system that is up tells the other end; one without power does not.
      end.owner.onEnd(() => end.dies(!this.#off.has(end.from)));
    }
    listening.accept(ends[1]);
    return ends[0];
  }

  #send(from: string, to: string, deliver: () => void): void {
    const { clock, random } = this.#options;
    const link = this.#link(from, to);
    const [least, most] = this.latencyMs;
    link.sent.push(() => {
      if (!this.#off.has(to)) deliver();
    });
    const arrive = () => {
      // The oldest, whichever timer this is: nothing overtakes what was sent before.
      const oldest = link.sent.shift();
      if (link.state === "up") oldest?.();
      else if (oldest) link.waiting.push(oldest);
    };
    clock.setTimeout(arrive, least + random.next() * (most - least));
  }

  #set(links: readonly Link[], state: Link["state"], line: string): void {
    this.#options.note(line);
    for (const link of links) {
      link.state = state;
      if (state !== "up") continue;
      for (const deliver of link.waiting.splice(0)) deliver();
    }
  }

  #link(from: string, to: string): Link {
    const key = `${from} > ${to}`;
    const link = this.#links.get(key) ?? { state: "up", sent: [], waiting: [] };
    this.#links.set(key, link);
    return link;
  }
}
