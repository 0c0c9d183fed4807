// What the peer program sees of the world, and a world for tests in virtual time.
import { type Clock, HoldfastError, type ShutdownToken } from "../../src/index.ts";

export interface Network {
  /** Calls `listener` with who has joined or left; returns a function that takes it off. */
  onPeers(listener: (peer: string, items: readonly string[] | "gone") => void): () => void;
  /** Rejects with code `PEER_GONE` when its connection breaks. */
  fetchChunk(peer: string, item: string, chunk: number, token: ShutdownToken): Promise<string>;
  goodbye(peer: string): Promise<void>;
}

export interface Disk {
  has(item: string, chunk: number): boolean;
  /** Not to be interrupted: a chunk whose write was begun and not ended is torn. */
  write(item: string, chunk: number, bytes: string): Promise<void>;
}

/** Chunks that come after `fetchMs`, or when told to. */
export class FakeNetwork implements Network {
  readonly fetches: string[] = [];
  readonly goodbyes: string[] = [];
  readonly listeners = new Set<Parameters<Network["onPeers"]>[0]>();
  /** Peers that answer with an error. */
  readonly broken = new Set<string>();
  /** Peers that never answer, whatever happens. */
  readonly deaf = new Set<string>();
  fetchMs = 10;
  goodbyeMs = 5;
  readonly #clock: Clock;
  readonly #peers = new Map<string, readonly string[]>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  onPeers(listener: Parameters<Network["onPeers"]>[0]): () => void {
    this.listeners.add(listener);
    for (const [peer, items] of this.#peers) listener(peer, items);
    return () => void this.listeners.delete(listener);
  }

  join(peer: string, ...items: readonly string[]): void {
    this.#peers.set(peer, items);
    for (const listener of this.listeners) listener(peer, items);
  }

  leave(peer: string): void {
    this.#peers.delete(peer);
    for (const listener of this.listeners) listener(peer, "gone");
  }

  /** The connection breaks before anybody is told that the peer has left. */
  vanish(peer: string): void {
    this.#peers.delete(peer);
  }

  async fetchChunk(peer: string, item: string, chunk: number, token: ShutdownToken): Promise<string> {
    this.fetches.push(`${peer} ${item}/${chunk}`);
    if (this.deaf.has(peer)) return new Promise(() => {});
    await this.#clock.sleep(this.fetchMs, token);
    token.throwIfCancelled();
    if (this.broken.has(peer)) throw new Error(`${peer} has no ${item}/${chunk}`);
    if (!this.#peers.has(peer)) {
      throw new HoldfastError("PEER_GONE", `the connection to ${peer} broke`);
    }
    return `${item}/${chunk}`;
  }

  async goodbye(peer: string): Promise<void> {
    await this.#clock.sleep(this.goodbyeMs);
    this.goodbyes.push(peer);
  }
}

/** Writes that take `writeMs`, and that remember when they are torn. */
export class FakeDisk implements Disk {
  readonly chunks = new Map<string, "torn" | "whole">();
  failing = false;
  writeMs = 10;
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get torn(): readonly string[] {
    return [...this.chunks].filter(([, state]) => state === "torn").map(([name]) => name);
  }

  get whole(): readonly string[] {
    return [...this.chunks].filter(([, state]) => state === "whole").map(([name]) => name);
  }

  has(item: string, chunk: number): boolean {
    return this.chunks.get(`${item}/${chunk}`) === "whole";
  }

  async write(item: string, chunk: number, bytes: string): Promise<void> {
    if (this.failing) throw new Error("no space is left");
    this.chunks.set(`${item}/${chunk}`, "torn");
    await this.#clock.sleep(this.writeMs);
    this.chunks.set(bytes, "whole");
  }
}
