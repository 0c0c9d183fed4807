/** All open streams of a relay: who is woken, kept alive, and ended. */
import type { ServerResponse } from "node:http";
import { type Clock, describeError, type Random } from "@holdfast/runtime";
import { type Bye, type Cursor, formatCursor } from "../../protocol/index.ts";
import type { Counters } from "../counters.ts";
import type { RelayLimits, StreamTiming } from "../options.ts";
import { RelayError } from "../relay-error.ts";
import { noSuchSlot } from "../store/refusals.ts";
import type { RelayStore } from "../store/relay-store.ts";
import type { WakeBus } from "../wake/wake-bus.ts";
import { beginStream } from "./begin-stream.ts";
import { byeFrame, helloFrame } from "./frames.ts";
import { HeartbeatWheel } from "./heartbeat-wheel.ts";
import { Reader, type ReaderWatch } from "./reader.ts";
import { SlotReaders } from "./slot-readers.ts";

export interface ReadersOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly store: RelayStore;
  readonly wakes: WakeBus;
  readonly limits: Pick<RelayLimits, "maxReaders" | "maxReadersPerSlot">;
  readonly timing: StreamTiming;
  readonly counters: Counters;
  readonly onError: (error: unknown, where: string) => void;
}

/** A reader on the wheel, with the slot that it reads. */
interface Seat {
  readonly reader: Reader;
  readonly slot: SlotReaders;
}

export class Readers {
  readonly #options: ReadersOptions;
  readonly #slots = new Map<string, SlotReaders>();
  readonly #wheel: HeartbeatWheel<Seat>;
  readonly #busy = new Set<Reader>();
  readonly #looks = new Set<Promise<void>>();
  /** One for all readers: there may be ten thousand. */
  readonly #watch: ReaderWatch;
  #count = 0;
  #openings = 0;

  constructor(options: ReadersOptions) {
    this.#options = options;
    this.#wheel = new HeartbeatWheel(options.clock, options.timing.heartbeatMs, (due) =>
      this.#beat([...due]),
    );
    this.#watch = {
      now: () => options.clock.monotonic(),
      wrote: (busy) => this.#busy.add(busy),
      took: (free) => this.#busy.delete(free),
    };
    options.wakes.onGap(() => this.#look([...this.#slots.values()]));
  }

  get count(): number {
    return this.#count;
  }

  /**
   * Opens a stream: subscribed first, so that between the head that it is told and the first wake nothing is missed.
   * `known` is the cursor that the reader had been told before; when it is not the head, it is woken at once.
   */
  async open(
    name: string,
    response: ServerResponse,
    token: { readonly id: string; readonly expiresAt: number | undefined },
    known: Cursor | undefined,
  ): Promise<void> {
    this.#refuseTooMany(name);
    const early = this.#subscribe(name);
    this.#openings++;
    early.openings++;
    try {
      const head = (await this.#options.store.heads([name])).get(name);
      if (head === undefined) throw noSuchSlot(name);
      if (response.destroyed) return;
      early.advance(head);
      this.#seat(early, response, token, known);
    } finally {
      this.#openings--;
      early.openings--;
      this.#leaveIfEmpty(early);
    }
  }

  /** Wakes who reads this slot here. */
  wake(name: string, head: Cursor): void {
    const slot = this.#slots.get(name);
    if (slot?.advance(head)) this.#wakeAll(slot);
  }

  /**
   * Wakes who reads these slots before their new heads are on the disk: they come to pull when they are. What is returned
   * takes it back where the disk did not take them: another event may then have the same place, and is to be told of.
   */
  foretell(heads: ReadonlyMap<string, Cursor>): () => void {
    const before: (() => void)[] = [];
    for (const [name, head] of heads) {
      const slot = this.#slots.get(name);
      if (slot === undefined) continue;
      const { head: known } = slot;
      if (!slot.advance(head)) continue;
      this.#wakeAll(slot);
      before.push(() => slot.retreat(known));
    }
    return () => {
      for (const takeBack of before) takeBack();
    };
  }

  /** Ends the streams of a token or a slot that is no more. */
  end(
    reason: Exclude<Bye["reason"], "stopping">,
    of: { readonly slot?: string; readonly tokenId?: string },
  ): void {
    for (const slot of this.#slots.values()) {
      if (of.slot !== undefined && of.slot !== slot.name) continue;
      for (const reader of slot.readers) {
        if (of.tokenId === undefined || of.tokenId === reader.tokenId) this.#sayBye(reader, reason);
      }
    }
  }

  /** Says good-bye to all, each with a time of its own to come back at, so that they do not come all at once. */
  endAll(): void {
    const spreadMs = Math.min(30_000, Math.max(1_000, this.#count * 1.5));
    for (const slot of this.#slots.values()) {
      for (const reader of slot.readers) {
        const retryMs = 500 + Math.round(this.#options.random.next() * spreadMs);
        reader.end(byeFrame("stopping", retryMs));
      }
    }
  }

  /** Resolves when nothing is being looked up any more. */
  async settled(): Promise<void> {
    while (this.#looks.size > 0) await Promise.all(this.#looks);
  }

  #refuseTooMany(name: string): void {
    const { maxReaders, maxReadersPerSlot } = this.#options.limits;
    const slot = this.#slots.get(name);
    const here = slot === undefined ? 0 : slot.readers.size + slot.openings;
    const most = here >= maxReadersPerSlot ? maxReadersPerSlot : maxReaders;
    if (here < maxReadersPerSlot && this.#count + this.#openings < maxReaders) return;
    const retryAfterMs = 1_000 + Math.round(this.#options.random.next() * 9_000);
    throw new RelayError("TOO_MANY_READERS", `${most} streams are open; poll meanwhile`, {
      details: { retryAfterMs },
    });
  }

  #subscribe(name: string): SlotReaders {
    const there = this.#slots.get(name);
    if (there !== undefined) return there;
    const slot = new SlotReaders(name, { epoch: "", seq: 0 });
    this.#slots.set(name, slot);
    slot.leave = this.#options.wakes.subscribe(name, (head) => this.wake(name, head));
    return slot;
  }

  #seat(
    slot: SlotReaders,
    response: ServerResponse,
    token: { readonly id: string; readonly expiresAt: number | undefined },
    known: Cursor | undefined,
  ): void {
    const { timing, counters } = this.#options;
    const reader = new Reader(response, slot, this.#watch, token);
    beginStream(response);
    slot.readers.add(reader);
    this.#count++;
    counters.streams++;
    const offWheel = this.#wheel.add({ reader, slot });
    response.once("close", () => {
      offWheel();
      slot.readers.delete(reader);
      this.#busy.delete(reader);
      this.#count--;
      this.#leaveIfEmpty(slot);
    });
    // A cursor that is not the head, also one beyond it, is to be pulled after: the answer says what is wrong with it.
    const isKnown = known === undefined || formatCursor(known) === formatCursor(slot.head);
    reader.greet(helloFrame(slot.head, timing.heartbeatMs), isKnown ? slot.head : undefined);
  }

  #leaveIfEmpty(slot: SlotReaders): void {
    if (slot.readers.size > 0 || slot.openings > 0 || this.#slots.get(slot.name) !== slot) return;
    this.#slots.delete(slot.name);
    slot.leave();
  }

  #wakeAll(slot: SlotReaders): void {
    for (const reader of slot.readers) if (reader.wake()) this.#options.counters.wakes++;
  }

  #sayBye(reader: Reader, reason: Exclude<Bye["reason"], "stopping">): void {
    reader.end(byeFrame(reason, 30_000));
  }

  #beat(due: readonly Seat[]): void {
    this.#cutStalled();
    if (due.length === 0) return;
    const now = this.#options.clock.now();
    const living = due.filter(({ reader }) => {
      if (reader.expiresAt === undefined || reader.expiresAt > now) return true;
      this.#sayBye(reader, "revoked");
      return false;
    });
    this.#look([...new Set(living.map(({ slot }) => slot))], living);
  }

  /** Reads the heads of slots, wakes who missed one, and keeps the others alive. */
  #look(slots: readonly SlotReaders[], due: readonly Seat[] = []): void {
    const look = this.#lookNow(slots, due).catch((error: unknown) => {
      this.#options.onError(error, `heads of ${slots.length} slots: ${describeError(error)}`);
    });
    this.#looks.add(look);
    void look.then(() => this.#looks.delete(look));
  }

  async #lookNow(slots: readonly SlotReaders[], due: readonly Seat[]): Promise<void> {
    const { store, counters } = this.#options;
    try {
      const tokenIds = [...new Set(due.map(({ reader }) => reader.tokenId))];
      const [heads, tokens] = await Promise.all([
        store.heads(slots.map(({ name }) => name)),
        store.existingTokens(tokenIds),
      ]);
      for (const slot of slots) {
        const head = heads.get(slot.name);
        if (head === undefined) this.end("slot-deleted", { slot: slot.name });
        else if (slot.advance(head)) this.#wakeAll(slot);
      }
      for (const { reader } of due) if (!tokens.has(reader.tokenId)) this.#sayBye(reader, "revoked");
    } finally {
      // Also when the store cannot be reached: the stream itself is alive.
      for (const { reader, slot } of due) {
        if (reader.wake()) counters.wakes++;
        else if (reader.beat(slot.heartbeat)) counters.heartbeats++;
      }
    }
  }

  #cutStalled(): void {
    const { clock, timing, counters } = this.#options;
    const latest = clock.monotonic() - timing.stallMs;
    for (const reader of this.#busy) {
      const since = reader.busySince;
      if (since === undefined || since > latest) continue;
      counters.cutStalled++;
      reader.cut();
    }
  }
}
