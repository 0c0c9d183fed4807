import { type Cancellation, onAbort } from "./abort.ts";
import { HoldfastError, surface } from "./errors.ts";

/** Why a shutdown was asked. `fatal` is the only kind that makes an exit ungraceful. */
export type ShutdownReason =
  | { readonly kind: "user-requested"; readonly signal?: string; readonly message?: string }
  | { readonly kind: "rpc-requested"; readonly by?: string; readonly message?: string }
  | { readonly kind: "reload-requested"; readonly message?: string }
  | { readonly kind: "requested-by-run"; readonly message?: string }
  | { readonly kind: "fatal"; readonly error?: unknown; readonly message?: string };

/** What `token.signal` aborts with and `throwIfCancelled` throws. Named `AbortError`, as platforms do. */
export class CancelledError extends HoldfastError<"CANCELLED", ShutdownReason> {
  constructor(reason: ShutdownReason) {
    super("CANCELLED", `cancelled: ${reason.message ?? reason.kind}`, { details: reason });
    this.name = "AbortError";
  }
}

type Listener = (reason: ShutdownReason) => void;
type Entry = ShutdownToken | Listener;

/**
 * One node of a tree of cancellation. The first reason wins and stays; it reaches every descendant, and
 * never an ancestor. Listeners run synchronously inside `cancel`, in the order they came, each once.
 *
 * Invariants, kept in this file alone:
 * 1. The reason of a token is its own, else its nearest cancelled ancestor's: looked up, never copied around.
 * 2. A parent holds a child only while something listens below it, so a dropped child costs nothing.
 * 3. A listener is added and taken off in constant time; no `AbortSignal` exists until `signal` is read.
 */
export class ShutdownToken implements Cancellation {
  readonly #parent: ShutdownToken | undefined;
  #reason: ShutdownReason | undefined;
  // One entry stands for itself: most tokens have one listener, and a Set is as large as all the rest.
  #below: Entry | Set<Entry> | undefined;
  #cancelled: Promise<ShutdownReason> | undefined;
  #signal: AbortSignal | undefined;

  /** A root, or a child of `parent`, the same as `parent.childToken()`. */
  constructor(parent?: ShutdownToken) {
    this.#parent = parent;
  }

  /** A token that is cancelled with this one, and can be cancelled alone. */
  childToken(): ShutdownToken {
    return new ShutdownToken(this);
  }

  get reason(): ShutdownReason | undefined {
    for (let at: ShutdownToken | undefined = this; at; at = at.#parent) {
      if (at.#reason) return at.#reason;
    }
    return undefined;
  }

  get isCancelled(): boolean {
    return this.reason !== undefined;
  }

  /** Cancels this token and all below it. Returns false, changing nothing, if it already was. */
  cancel(reason: ShutdownReason): boolean {
    if (this.isCancelled) return false;
    this.#reason = Object.freeze(reason);
    if (this.#parent) this.#parent.#remove(this);
    // Not recursive: a chain of tokens may be deeper than the stack.
    const due: ShutdownToken[] = [this];
    for (const token of due) {
      // Iterated in place, so that a listener can still take another one off.
      for (const entry of token.#below instanceof Set ? token.#below : [token.#below]) {
        if (entry instanceof ShutdownToken) {
          due.push(entry);
        } else if (entry) {
          call(entry, reason);
        }
      }
      token.#below = undefined;
    }
    return true;
  }

  /** Calls `listener` once with the reason, at once if it is already there. Returns a function that takes it off. */
  onCancel(listener: Listener): () => void {
    // A fresh function each time, so that the same one can be added twice and taken off once.
    const entry: Listener = (reason) => listener(reason);
    this.#listen(entry);
    return () => this.#remove(entry);
  }

  /** Resolves with the reason; never rejects. Always the same promise. */
  get cancelled(): Promise<ShutdownReason> {
    this.#cancelled ??= new Promise((resolve) => this.#listen(resolve));
    return this.#cancelled;
  }

  /** For APIs that want an `AbortSignal`. Aborts with a `CancelledError`. Made when first read, then always the same. */
  get signal(): AbortSignal {
    if (!this.#signal) {
      const controller = new AbortController();
      this.#signal = controller.signal;
      this.#listen((reason) => controller.abort(new CancelledError(reason)));
    }
    return this.#signal;
  }

  /** Throws `CancelledError` (code `CANCELLED`) once cancelled. */
  throwIfCancelled(): void {
    const { reason } = this;
    if (reason) throw new CancelledError(reason);
  }

  /**
   * Cancels this token when a foreign signal aborts, and takes its listener off that signal once cancelled.
   * Adopt once, near the root: thousands of listeners on one `AbortSignal` cost quadratic time.
   * Returns a function that ends the adoption.
   */
  adopt(signal: AbortSignal, reason?: ShutdownReason): () => void {
    const leaveSignal = onAbort(signal, () => {
      const why: unknown = signal.reason;
      this.cancel(
        reason ??
          (why instanceof CancelledError ? why.details : { kind: "requested-by-run", message: String(why) }),
      );
    });
    const leaveToken = this.onCancel(leaveSignal);
    return () => {
      leaveSignal();
      leaveToken();
    };
  }

  /** Lets go of every listener without calling it. For a scope that ended: `using token = parent.childToken()`. */
  [Symbol.dispose](): void {
    // With nothing below it, its parent does not know it.
    if (!this.#below) return;
    this.#below = undefined;
    if (this.#parent) this.#parent.#remove(this);
  }

  #listen(listener: Listener): void {
    const { reason } = this;
    if (reason) listener(reason);
    else this.#add(listener);
  }

  #add(entry: Entry): void {
    for (let token: ShutdownToken = this, at = entry; ; ) {
      const below = token.#below;
      if (below instanceof Set) below.add(at);
      else token.#below = below ? new Set([below, at]) : at;
      if (below || !token.#parent) return;
      at = token;
      token = token.#parent;
    }
  }

  #remove(entry: Entry): void {
    for (let token: ShutdownToken | undefined = this, at = entry; token; at = token, token = token.#parent) {
      if (token.#below instanceof Set) {
        if (!token.#below.delete(at) || token.#below.size > 0) return;
      } else if (token.#below !== at) {
        return;
      }
      token.#below = undefined;
    }
  }
}

/** Calls a listener, whose error surfaces and disturbs nobody. */
export function call<A extends readonly unknown[]>(listener: (...args: A) => void, ...args: A): void {
  try {
    listener(...args);
  } catch (error) {
    surface(error);
  }
}
