import type { Cancellation } from "./abort.ts";
import { surface } from "./errors.ts";

/** A condition, such as "connected", that anyone may await and only its owner changes. */
export interface Gate {
  readonly isOpen: boolean;
  /** Resolves `true` once the gate is open (at once if it is), or `false` if `token` is cancelled first. */
  opened(token?: Cancellation): Promise<boolean>;
  /** The same for a closed gate. */
  closed(token?: Cancellation): Promise<boolean>;
  /** Calls `listener` synchronously at every edge, in order. Returns a function that takes it off. */
  onChange(listener: (isOpen: boolean) => void): () => void;
}

/** The one who may open and close a gate. Hand out `owner.gate`. */
export class GateOwner {
  readonly gate: Gate;
  readonly #listeners = new Set<{ readonly call: (isOpen: boolean) => void }>();
  #isOpen: boolean;
  // What the listeners were told last; a set from within one of them waits until all have heard of the first.
  #told: boolean;
  #telling = false;

  constructor(isOpen = false) {
    this.#isOpen = this.#told = isOpen;
    const current = () => this.#isOpen;
    const onChange: Gate["onChange"] = (listener) => {
      const entry = { call: listener };
      this.#listeners.add(entry);
      return () => void this.#listeners.delete(entry);
    };
    this.gate = {
      get isOpen() {
        return current();
      },
      onChange,
      opened: (token) => edge(this.gate, true, token),
      closed: (token) => edge(this.gate, false, token),
    };
  }

  /** Tells every listener, if this is a change. */
  set(isOpen: boolean): void {
    this.#isOpen = isOpen;
    if (this.#telling) return;
    this.#telling = true;
    while (this.#told !== this.#isOpen) {
      this.#told = this.#isOpen;
      for (const listener of this.#listeners) {
        try {
          listener.call(this.#told);
        } catch (error) {
          surface(error);
        }
      }
    }
    this.#telling = false;
  }
}

function edge(gate: Gate, wanted: boolean, token?: Cancellation): Promise<boolean> {
  if (token?.isCancelled) return Promise.resolve(false);
  if (gate.isOpen === wanted) return Promise.resolve(true);
  return new Promise((resolve) => {
    const end = (result: boolean) => {
      offGate();
      offToken?.();
      resolve(result);
    };
    const offGate = gate.onChange((isOpen) => isOpen === wanted && end(true));
    const offToken = token?.onCancel(() => end(false));
  });
}
