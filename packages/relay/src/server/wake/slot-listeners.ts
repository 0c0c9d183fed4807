import type { Cursor } from "../../protocol/index.ts";

type Listener = (head: Cursor) => void;

/** Who listens to which slot. */
export class SlotListeners {
  readonly #listeners = new Map<string, Set<Listener>>();
  readonly #onFirst: (slot: string) => void;
  readonly #onLast: (slot: string) => void;

  /** `onFirst` is called when a slot gets its first listener, `onLast` when its last one has gone. */
  constructor(
    onFirst: (slot: string) => void = () => undefined,
    onLast: (slot: string) => void = () => undefined,
  ) {
    this.#onFirst = onFirst;
    this.#onLast = onLast;
  }

  get slots(): IterableIterator<string> {
    return this.#listeners.keys();
  }

  add(slot: string, listener: Listener): () => void {
    let there = this.#listeners.get(slot);
    if (there === undefined) {
      there = new Set();
      this.#listeners.set(slot, there);
      this.#onFirst(slot);
    }
    // A function of its own: the same listener may be added twice.
    const own: Listener = (head) => listener(head);
    there.add(own);
    return () => {
      if (!there.delete(own) || there.size > 0) return;
      this.#listeners.delete(slot);
      this.#onLast(slot);
    };
  }

  tell(slot: string, head: Cursor): void {
    for (const listener of this.#listeners.get(slot) ?? []) listener(head);
  }
}
