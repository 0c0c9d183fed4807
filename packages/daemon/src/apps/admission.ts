import { HoldfastError } from "@holdfast/runtime";
import type { Runner } from "../runner/runner.ts";

export interface AdmissionSeams {
  /** False when too little is left on the disk for a change of this kind; absent where that is not known. */
  readonly hasRoom?: ((kind: "change" | "stop") => boolean) | undefined;
  readonly runner: Pick<Runner, "unavailable">;
}

/** Whether what is asked for can be done at all. That it cannot is said before anything is flipped. */
export class Admission {
  readonly #seams: AdmissionSeams;
  #isEnding = false;

  constructor(seams: AdmissionSeams) {
    this.#seams = seams;
  }

  get isEnding(): boolean {
    return this.#isEnding;
  }

  /** From now on nothing is started. */
  end(): void {
    this.#isEnding = true;
  }

  /** Throws `E_NO_SPACE`: what cannot be written down is not done. */
  expectStop(): void {
    this.#expectRoom("stop");
  }

  /** Throws `SHUTTING_DOWN` and `E_NO_SPACE`. */
  expectRemoval(): void {
    this.#expectLife();
    this.#expectRoom("stop");
  }

  /** Throws `SHUTTING_DOWN`, `E_NO_SPACE` and `RUNNER_UNAVAILABLE`: a restart would end with nothing. */
  expectStart(): void {
    this.#expectLife();
    this.#expectRoom("change");
    const why = this.#seams.runner.unavailable?.();
    if (why === undefined) return;
    throw new HoldfastError("RUNNER_UNAVAILABLE", `nothing was changed: no program can be started: ${why}`);
  }

  #expectLife(): void {
    if (this.#isEnding) throw new HoldfastError("SHUTTING_DOWN", "the daemon is shutting down");
  }

  #expectRoom(kind: "change" | "stop"): void {
    if (this.#seams.hasRoom?.(kind) === false)
      throw new HoldfastError(
        "E_NO_SPACE",
        "the disk is full: nothing was changed, and what runs goes on; make room and ask again",
      );
  }
}
