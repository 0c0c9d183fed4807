/** Tells on standard error what goes wrong with a log: once, and again only when it had been well meanwhile. */
export class Troubles {
  readonly #path: string;
  readonly #known = new Set<string>();

  constructor(path: string) {
    this.#path = path;
  }

  /** Does what a full disk may forbid. `what` says it of the log: `cannot be made`. */
  attempt(what: string, action: () => void): void {
    try {
      action();
      this.tell(what, undefined);
    } catch (error) {
      this.tell(what, `${this.#path} ${what}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  /** `failure` is a sentence, or undefined when all is well with this kind of thing. */
  tell(kind: string, failure: string | undefined): void {
    if (failure === undefined) this.#known.delete(kind);
    else if (!this.#known.has(kind)) {
      this.#known.add(kind);
      console.error(`holdfast: ${failure}`);
    }
  }
}
