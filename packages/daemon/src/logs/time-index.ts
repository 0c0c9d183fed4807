/**
 * The times of a log's lines, kept beside it: a line holds nothing but what the app wrote. Each entry says how long
 * the log was when it was looked at, so a line was written at the time of the first entry that reaches beyond its
 * start.
 */
import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  writeFileSync,
  writeSync,
} from "node:fs";

const entryBytes = 16;
const pageEntries = 256;

interface Entry {
  /** Wall-clock ms. */
  readonly time: number;
  readonly size: number;
}

/** Adds an entry: at `time` (wall-clock ms) the log was `size` bytes long. */
export function appendTime(path: string, time: number, size: number): void {
  const fd = openSync(path, constants.O_WRONLY | constants.O_CREAT, 0o600);
  try {
    // What a power cut left of an entry is written over.
    const { size: length } = fstatSync(fd);
    writeSync(fd, encode({ time, size }), 0, entryBytes, length - (length % entryBytes));
  } finally {
    closeSync(fd);
  }
}

/**
 * Drops the entries that tell nothing of the bytes from `first` on. Where more than `most` are left, every second one
 * of the older three quarters goes as well: those times become less exact.
 */
export function trimTimes(path: string, first: number, most: number): void {
  if (!existsSync(path)) return;
  // Up to 4 MiB, and every app has one: no objects are made of it.
  const entries = readFileSync(path);
  const count = Math.floor(entries.length / entryBytes);
  const from = firstIndex(count, (at) => entries.readDoubleLE(at * entryBytes + 8) > first);
  const kept = count - from;
  if (from === 0 && kept <= most) return;
  const whole = entries.subarray(from * entryBytes, count * entryBytes);
  const fresh = `${path}.new`;
  writeFileSync(fresh, kept <= most ? whole : thinned(whole, kept), { mode: 0o600 });
  renameSync(fresh, path);
}

/** In place. */
function thinned(entries: Buffer, count: number): Buffer {
  const exact = count - Math.max(Math.floor(count / 4), 1);
  let end = 0;
  for (let at = 0; at < count; at++) {
    if (at < exact && at % 2 === 0) continue;
    entries.copyWithin(end, at * entryBytes, (at + 1) * entryBytes);
    end += entryBytes;
  }
  return entries.subarray(0, end);
}

/** How many entries there are. */
export function countTimes(path: string): number {
  return readTimes(path, 0, (index) => index.count);
}

/** What an index tells; it reads of its file only the pages it needs. */
export class TimeIndex {
  readonly count: number;
  readonly #fallback: number;
  readonly #readPage: (page: number) => readonly Entry[];
  readonly #pages = new Map<number, readonly Entry[]>();

  /** `readPage(n)` gives the n-th 256 entries; `fallback` is the time of what no entry covers. */
  constructor(count: number, readPage: (page: number) => readonly Entry[], fallback: number) {
    this.count = count;
    this.#readPage = readPage;
    this.#fallback = fallback;
  }

  /** The length that the last entry gives; 0 without entries. */
  get lastSize(): number {
    return this.count === 0 ? 0 : this.#entry(this.count - 1).size;
  }

  /** The times at which the bytes at `offsets`, which grow, were written. */
  timesAt(offsets: readonly number[]): readonly number[] {
    let at = firstIndex(this.count, (index) => this.#entry(index).size > (offsets[0] ?? 0));
    return offsets.map((offset) => {
      while (at < this.count && this.#entry(at).size <= offset) at++;
      return at < this.count ? this.#entry(at).time : this.#fallback;
    });
  }

  /** An offset from which all that was written at `time` or later is found. */
  offsetAt(time: number): number {
    const found = firstIndex(this.count, (index) => this.#entry(index).time >= time);
    return found === 0 ? 0 : this.#entry(found - 1).size;
  }

  #entry(at: number): Entry {
    const number = Math.floor(at / pageEntries);
    const page = this.#pages.get(number) ?? this.#readPage(number);
    this.#pages.set(number, page);
    // A file that was cut short meanwhile covers nothing.
    return page[at % pageEntries] ?? { time: this.#fallback, size: Number.POSITIVE_INFINITY };
  }
}

/** Looks something up in the index of a log; an absent one is empty. */
export function readTimes<T>(path: string, fallback: number, look: (index: TimeIndex) => T): T {
  const none = (): T => look(new TimeIndex(0, () => [], fallback));
  // An app that has written nothing yet has none, and asking is cheaper than failing.
  if (!existsSync(path)) return none();
  let fd: number;
  try {
    fd = openSync(path, "r");
  } catch {
    return none();
  }
  try {
    const page = Buffer.alloc(pageEntries * entryBytes);
    const readPage = (number: number): readonly Entry[] => {
      const got = readSync(fd, page, 0, page.length, number * page.length);
      return decode(page.subarray(0, got));
    };
    // A torn last entry is left out.
    return look(new TimeIndex(Math.floor(fstatSync(fd).size / entryBytes), readPage, fallback));
  } finally {
    closeSync(fd);
  }
}

function firstIndex(count: number, isPast: (at: number) => boolean): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isPast(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}

function encode({ time, size }: Entry): Buffer {
  const entry = Buffer.alloc(entryBytes);
  entry.writeDoubleLE(time, 0);
  entry.writeDoubleLE(size, 8);
  return entry;
}

function decode(bytes: Buffer): readonly Entry[] {
  return Array.from({ length: Math.floor(bytes.length / entryBytes) }, (_, index) => ({
    time: bytes.readDoubleLE(index * entryBytes),
    size: bytes.readDoubleLE(index * entryBytes + 8),
  }));
}
