/** What happened in a simulation: a hash of all of it, and its last lines. */
export class Trace {
  #low = 0x811c9dc5 | 0;
  #high = 0x2545f491 | 0;
  #lines: string[] = [];
  readonly #keep: number;

  /** `keep`: how many lines are kept, the last ones. */
  constructor(keep: number) {
    this.#keep = keep;
  }

  add(value: number): void {
    this.#mix(value | 0);
    this.#mix((value % 1) * 2 ** 31);
  }

  line(text: string): void {
    for (let at = 0; at < text.length; at++) this.#mix(text.charCodeAt(at));
    this.#lines.push(text);
    // Now and then, so that a line costs no move of all the others.
    if (this.#lines.length > 2 * this.#keep) this.#lines = this.#lines.slice(-this.#keep);
  }

  get lines(): readonly string[] {
    return this.#keep === 0 ? [] : this.#lines.slice(-this.#keep);
  }

  /** 16 hexadecimal digits. */
  get hash(): string {
    return [this.#high, this.#low].map((part) => (part >>> 0).toString(16).padStart(8, "0")).join("");
  }

  #mix(value: number): void {
    this.#low = Math.imul(this.#low ^ value, 0x01000193);
    this.#high = Math.imul(this.#high ^ (this.#low >>> 13), 0x5bd1e995) + value;
  }
}

/** A seed for a stream of its own: the same for the same seed and name, and unlike that of any other. */
export function mixedSeed(seed: number, name: string): number {
  let hash = (seed ^ 0x811c9dc5) | 0;
  for (let at = 0; at < name.length; at++) hash = Math.imul(hash ^ name.charCodeAt(at), 0x01000193);
  return (hash >>> 0) * 2 ** 20 + (Math.floor(seed / 2 ** 32) % 2 ** 20);
}
