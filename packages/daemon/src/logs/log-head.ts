import { closeSync, constants, existsSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { blockBytes, readBytes } from "./lines.ts";

/**
 * Where a log begins: what was before has been let go and reads as zeros. Kept in a file beside the log, of one size,
 * so that it can be written over when the disk is full.
 */
export class LogHead {
  readonly #log: string;
  readonly #path: string;
  #first: number;

  constructor(log: string) {
    this.#log = log;
    this.#path = `${log}.first`;
    this.#first = this.#skipZeros(this.#read());
  }

  /** The offset of the first line that is kept. */
  get first(): number {
    return this.#first;
  }

  /** From now on the log begins there. Returns false when that could not be written down. */
  moveTo(offset: number): boolean {
    this.#first = offset;
    try {
      const { O_WRONLY, O_CREAT } = constants;
      const fd = openSync(this.#path, O_WRONLY | O_CREAT, 0o600);
      try {
        return writeSync(fd, `${String(offset).padStart(16, "0")}\n`, 0) === 17;
      } finally {
        closeSync(fd);
      }
    } catch {
      return false;
    }
  }

  /** The log begins anew: somebody emptied it or took it away. */
  reset(): void {
    this.#first = 0;
    rmSync(this.#path, { force: true });
  }

  #read(): number {
    // Most have none, and asking is cheaper than failing.
    if (!existsSync(this.#path)) return 0;
    try {
      const text = readFileSync(this.#path, "utf8");
      return /^\d{16}\n$/.test(text) ? Number(text) : 0;
    } catch {
      return 0;
    }
  }

  /** A daemon may have been killed, or had no room, after the hole was made and before that was written down. */
  #skipZeros(from: number): number {
    for (let offset = from; ; ) {
      const { bytes } = readBytes(this.#log, offset, offset === from ? 1 : blockBytes);
      const found = bytes.findIndex((byte) => byte !== 0);
      if (found !== -1) return offset + found;
      if (bytes.length === 0) return from;
      offset += bytes.length;
    }
  }
}
