import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";

/** Since which offset a log has the lines of stdout alone: kept beside it for as long as that is so. */
export class SplitMark {
  readonly #path: string;
  #from: number | undefined;

  constructor(log: string) {
    this.#path = `${log}.split`;
    this.#from = this.#read();
  }

  /** True while stderr has a log of its own. */
  get isSplit(): boolean {
    return this.#from !== undefined;
  }

  isSplitAt(offset: number): boolean {
    return this.#from !== undefined && offset >= this.#from;
  }

  /** `from`: where the log of stdout alone begins, if it has not begun already; undefined: both go into it from now on. */
  move(from: number | undefined): void {
    if ((from === undefined) === (this.#from === undefined)) return;
    if (from === undefined) rmSync(this.#path, { force: true });
    else writeFileSync(this.#path, `${from}\n`, { mode: 0o600 });
    this.#from = from;
  }

  #read(): number | undefined {
    // Most have none, and asking is cheaper than failing.
    if (!existsSync(this.#path)) return undefined;
    try {
      const text = readFileSync(this.#path, "utf8");
      return /^\d+\n$/.test(text) ? Number(text) : undefined;
    } catch {
      return undefined;
    }
  }
}
