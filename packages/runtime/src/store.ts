import { EventBus } from "./events.ts";

/** One change of a store. Versions count up by one, so a reader sees when it missed something. */
export interface Change<T> {
  readonly version: number;
  readonly id: string;
  /** Absent when the entry was removed. */
  readonly value?: T;
}

/** All entries as they were at one version; later changes do not reach it. */
export interface StoreSnapshot<T> {
  readonly version: number;
  readonly entries: ReadonlyMap<string, T>;
}

/** What a follower gets: the whole store first, and again whenever it was too slow for the changes in between. */
export type StoreUpdate<T> =
  | { readonly kind: "snapshot"; readonly snapshot: StoreSnapshot<T> }
  | { readonly kind: "change"; readonly change: Change<T> };

/** Keyed states in one place, observable without gaps. Values are replaced, never changed. */
export class Store<T> {
  readonly #entries = new Map<string, T>();
  readonly #bus: EventBus<Change<T>>;
  #version = 0;

  /** `capacity`: how many changes a follower may lag behind before it is given the whole store anew. */
  constructor(options: { readonly capacity?: number } = {}) {
    this.#bus = new EventBus(options);
  }

  /** 0 for a new store, and one more with each change. */
  get version(): number {
    return this.#version;
  }

  /** The value of that id, or `undefined` if there is no entry. */
  get(id: string): T | undefined {
    return this.#entries.get(id);
  }

  /** Whether there is an entry of that id. */
  has(id: string): boolean {
    return this.#entries.has(id);
  }

  /** Every listener has heard of the change when this returns. Setting the same value again changes nothing. */
  set(id: string, value: T): void {
    if (this.#entries.has(id) && Object.is(this.#entries.get(id), value)) return;
    this.#entries.set(id, value);
    this.#bus.publish({ version: ++this.#version, id, value });
  }

  /** Sets `value` if there is an entry of that id, and says whether there was. */
  replace(id: string, value: T): boolean {
    if (!this.#entries.has(id)) return false;
    this.set(id, value);
    return true;
  }

  /** Removes an entry, and says whether there was one. */
  delete(id: string): boolean {
    if (!this.#entries.delete(id)) return false;
    this.#bus.publish({ version: ++this.#version, id });
    return true;
  }

  /** A copy of what is there now. */
  snapshot(): StoreSnapshot<T> {
    return { version: this.#version, entries: new Map(this.#entries) };
  }

  /** Calls `listener` synchronously with every change from now on. Returns a function that takes it off. */
  subscribe(listener: (change: Change<T>) => void): () => void {
    return this.#bus.subscribe(listener);
  }

  /** The store as it is now, then every change in order, without a gap; leave the loop to stop following. */
  async *follow(): AsyncGenerator<StoreUpdate<T>, void, undefined> {
    const changes = this.#bus.events();
    try {
      let { version } = this;
      yield { kind: "snapshot", snapshot: this.snapshot() };
      for await (const change of changes) {
        if ("type" in change) {
          ({ version } = this);
          yield { kind: "snapshot", snapshot: this.snapshot() };
        } else if (change.version > version) {
          ({ version } = change);
          yield { kind: "change", change };
        }
      }
    } finally {
      await changes.return?.();
    }
  }

  /** No change comes after this one; followers end. */
  close(): void {
    this.#bus.close();
  }
}
