import { existsSync } from "node:fs";
import { describeError } from "@holdfast/runtime";
import { failpoint } from "@holdfast/runtime/failpoints";
import type { HolePuncher } from "./hole-puncher.ts";
import { lineStartFrom } from "./lines.ts";
import { LogHead } from "./log-head.ts";
import { cutOf, type Retention, usualRetention } from "./retention.ts";
import { trimTimes } from "./time-index.ts";
import type { Troubles } from "./troubles.ts";

/** Entries of the index of times beyond this make the older ones less exact: 4 MiB. */
export const mostTimes = 262_144;

export interface CutterSeams {
  readonly path: string;
  readonly indexPath: string;
  readonly troubles: Troubles;
  /** Absent: nothing is ever cut. */
  readonly puncher?: HolePuncher;
  /** Called after a cut during which another one was asked for. */
  again(): void;
}

/** Takes from the beginning of one log what its bounds do not allow, whole lines at a time. */
export class LogCutter {
  retention: Retention = usualRetention;
  readonly #seams: CutterSeams;
  #head: LogHead | undefined;
  #cutting: Promise<void> | undefined;
  #isAskedAgain = false;
  /** A file system that makes no holes is asked once. */
  #makesHoles = true;

  constructor(seams: CutterSeams) {
    this.#seams = seams;
  }

  /** The offset of the first line that is kept. */
  get first(): number {
    return this.#beginning().first;
  }

  /** The log was emptied. */
  reset(): void {
    this.#head?.reset();
  }

  /** `young`: where what is young enough begins; `maxBytes`: the bound of now. */
  trim(size: number, young: number, maxBytes: number): void {
    this.cut(cutOf({ first: this.first, size, young: Math.min(young, size) }, { maxBytes }), size);
  }

  /** Cuts off what lies before `wanted`, up to the next line. Returns how many bytes that is; 0 while it cuts already. */
  cut(wanted: number, size: number): number {
    const { path, puncher, troubles, again } = this.#seams;
    const from = this.first;
    if (wanted <= from || !this.#makesHoles || puncher === undefined) return 0;
    if (this.#cutting !== undefined) {
      this.#isAskedAgain = true;
      return 0;
    }
    const to = Math.min(lineStartFrom(path, wanted), size);
    this.#cutting = this.#punch(from, to, puncher)
      .catch((error: unknown) =>
        troubles.tell("cut", `${path} cannot be kept small: ${describeError(error)}`),
      )
      .finally(() => {
        this.#cutting = undefined;
        if (!this.#isAskedAgain) return;
        // It may have been the last growth for a long time.
        this.#isAskedAgain = false;
        again();
      });
    return to - from;
  }

  #beginning(): LogHead {
    this.#head ??= new LogHead(this.#seams.path);
    return this.#head;
  }

  async #punch(from: number, to: number, puncher: HolePuncher): Promise<void> {
    const { path, indexPath, troubles } = this.#seams;
    const head = this.#beginning();
    failpoint("log.cut");
    // Readers begin there before anything of it is gone.
    const isKept = head.moveTo(to);
    failpoint("log.head");
    const failure = await puncher.punch(path, to);
    failpoint("log.punched");
    if (failure === undefined) {
      if (!isKept) head.moveTo(to);
      troubles.attempt("has an index that cannot be written", () => trimTimes(indexPath, to, mostTimes));
      return;
    }
    // Taken away meanwhile.
    if (!existsSync(path)) return;
    this.#makesHoles = false;
    head.moveTo(from);
    troubles.tell("cut", `${path} cannot be kept small: ${failure}`);
  }
}
