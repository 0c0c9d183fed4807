import type { LogLine } from "../../api.ts";
import type { LogWindow } from "./log-window.ts";
import { type RowCounts, unwrapped, wrapped } from "./row-counts.ts";
import { scrollSpace } from "./scroll-space.ts";

/** The lines that are drawn, and where the first of them is, in px from the top of the scroll space. */
export interface Sight {
  readonly lines: readonly LogLine[];
  readonly first: number;
  readonly last: number;
  readonly topPx: number;
  readonly heightPx: number;
}

export interface ViewportOptions {
  readonly rowPx: number;
  /** Characters in a row where long lines are broken; null where they are not. */
  readonly columns: number | null;
}

/** Rows beyond the edges that are drawn as well, so that a quick wheel meets no gap. */
const beyond = 24;
/** So many heights of the screen from an edge of what is loaded, more is asked for. */
const aheadScreens = 2;
const farScreens = 4;

/** Where the loaded lines lie in the scroll space. What is on the screen stays where it is, whatever is added or let go. */
export class Viewport {
  readonly #window: LogWindow;
  #options: ViewportOptions;
  #counts: RowCounts = unwrapped(0);
  #basePx = 0;
  #afterPx = 0;

  constructor(window: LogWindow, options: ViewportOptions) {
    this.#window = window;
    this.#options = options;
    this.#count();
    this.#settle();
  }

  get heightPx(): number {
    return this.#basePx + this.#insidePx + this.#afterPx;
  }

  get #insidePx(): number {
    return this.#counts.total * this.#options.rowPx;
  }

  /** Takes in what changed in the window. Returns by how many px the screen has to move to show the same. */
  take(): number {
    const { kind, count } = this.#window.change;
    const rowPx = this.#options.rowPx;
    const gonePx = kind === "trimmed-head" ? this.#counts.rowOf(count) * rowPx : 0;
    this.#count();
    if (kind === "reset") {
      const before = this.#basePx;
      this.#settle();
      return this.#basePx - before;
    }
    const addedPx = kind === "prepended" ? this.#counts.rowOf(count) * rowPx : 0;
    return this.#settle(this.#basePx + gonePx - addedPx);
  }

  /** Where the first loaded line is: what a jump went to. */
  get basePx(): number {
    return this.#basePx;
  }

  /** Other rows, or another width. Returns the row's new place for who had the line on top. */
  adjust(options: ViewportOptions, topPx: number): number {
    const line = this.#counts.lineAt(Math.floor((topPx - this.#basePx) / this.#options.rowPx));
    this.#options = options;
    this.#count();
    this.#settle(this.#basePx);
    return this.#basePx + this.#counts.rowOf(Math.max(0, line)) * options.rowPx;
  }

  sight(topPx: number, screenPx: number): Sight {
    const { rowPx } = this.#options;
    const row = Math.floor((topPx - this.#basePx) / rowPx);
    const first = this.#counts.lineAt(Math.max(0, row - beyond));
    const last = this.#counts.lineAt(row + Math.ceil(screenPx / rowPx) + beyond) + 1;
    const { lines } = this.#window;
    return {
      lines,
      first: Math.max(0, first),
      last: Math.min(lines.length, Math.max(0, last)),
      topPx: this.#basePx + this.#counts.rowOf(Math.max(0, first)) * rowPx,
      heightPx: this.heightPx,
    };
  }

  /** What is to be loaded for who looks there; a number is the share of all to jump to. */
  wants(topPx: number, screenPx: number): "nothing" | "older" | "newer" | number {
    const overPx = this.#basePx - topPx;
    const underPx = topPx + screenPx - (this.#basePx + this.#insidePx);
    if (Math.max(overPx, underPx) > farScreens * screenPx) {
      return Math.min(1, topPx / Math.max(1, this.heightPx - screenPx));
    }
    if (overPx > -aheadScreens * screenPx && this.#window.hasBefore) return "older";
    if (underPx > -aheadScreens * screenPx && !this.#window.isAtTail) return "newer";
    return "nothing";
  }

  #count(): void {
    const { columns } = this.#options;
    const { lines } = this.#window;
    this.#counts = columns === null ? unwrapped(lines.length) : wrapped(lines, columns);
  }

  /** Keeps the base where it is wanted, unless there is no room before it, or none is needed. */
  #settle(wantedPx?: number): number {
    const space = scrollSpace(this.#window.shares, this.#counts.total, this.#options.rowPx);
    this.#afterPx = space.after;
    const isGood = wantedPx !== undefined && (space.before === 0 ? wantedPx === 0 : wantedPx > 0);
    const basePx = isGood ? wantedPx : space.before;
    const movedPx = wantedPx === undefined ? 0 : basePx - wantedPx;
    this.#basePx = basePx;
    return movedPx;
  }
}
