/**
 * Keeps the newest of the texts that it is given: one write at a time, so that an older one never ends last, and what is
 * overtaken while it waits is left out. `write` must not reject.
 */
export class NewestText {
  readonly #write: (text: string) => Promise<void>;
  #text = "";
  #written: Promise<void> = Promise.resolve();
  #next: Promise<void> | undefined;

  constructor(write: (text: string) => Promise<void>) {
    this.#write = write;
  }

  /** Resolves once the text, or one that came later, is written. */
  keep(text: string): Promise<void> {
    this.#text = text;
    this.#next ??= this.#written.then(() => {
      this.#next = undefined;
      return this.#write(this.#text);
    });
    this.#written = this.#next;
    return this.#next;
  }

  /** Resolves once everything that was given so far is written. */
  settled(): Promise<void> {
    return this.#written;
  }
}
