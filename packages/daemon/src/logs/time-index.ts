/**
 * The times of a log's lines, kept beside it: a line holds nothing but what the app wrote. Each entry says how long
 * the log was when it was looked at, so a line was written at the time of the first entry that reaches beyond its
 * start.
 */
import { appendFileSync, existsSync, readFileSync } from "node:fs";

const entryBytes = 16;

/** Adds an entry: at `time` (wall-clock ms) the log was `size` bytes long. */
export function appendTime(path: string, time: number, size: number): void {
  const entry = Buffer.alloc(entryBytes);
  entry.writeDoubleLE(time, 0);
  entry.writeDoubleLE(size, 8);
  appendFileSync(path, entry, { mode: 0o600 });
}

export class TimeIndex {
  readonly #entries: DataView;
  readonly #fallback: number;
  readonly count: number;

  /** `fallback` is the time of what no entry covers. */
  constructor(bytes: Uint8Array, fallback: number) {
    this.#entries = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#fallback = fallback;
    // A torn last entry is left out.
    this.count = Math.floor(bytes.byteLength / entryBytes);
  }

  /** The length that the last entry gives; 0 without entries. */
  get lastSize(): number {
    return this.count === 0 ? 0 : this.#size(this.count - 1);
  }

  /** When the byte at `offset` was written. */
  timeAt(offset: number): number {
    const found = this.#firstEntry((at) => this.#size(at) > offset);
    return found < this.count ? this.#time(found) : this.#fallback;
  }

  /** An offset from which all that was written at `time` or later is found. */
  offsetAt(time: number): number {
    const found = this.#firstEntry((at) => this.#time(at) >= time);
    return found === 0 ? 0 : this.#size(found - 1);
  }

  #firstEntry(isPast: (at: number) => boolean): number {
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (isPast(middle)) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  #time(at: number): number {
    return this.#entries.getFloat64(at * entryBytes, true);
  }

  #size(at: number): number {
    return this.#entries.getFloat64(at * entryBytes + 8, true);
  }
}

/** The index of a log; an absent one is empty. */
export function readTimeIndex(path: string, fallback: number): TimeIndex {
  // An app that has written nothing yet has none; asking is much cheaper than failing.
  return new TimeIndex(existsSync(path) ? readFileSync(path) : new Uint8Array(), fallback);
}
