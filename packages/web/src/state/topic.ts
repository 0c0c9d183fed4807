/** Tells whoever listens that something is new; what it is they read themselves. */
export class Topic {
  readonly #listeners = new Set<() => void>();

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  tell(): void {
    for (const listener of [...this.#listeners]) listener();
  }

  get isHeard(): boolean {
    return this.#listeners.size > 0;
  }
}
