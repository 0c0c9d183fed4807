import { ShutdownToken } from "@holdfast/runtime";
import type { CliEnvironment, Interrupt } from "../cli-environment.ts";

/** npm and other parents pass on a Ctrl-C that the terminal has already sent: what comes so soon is the same one. */
const sameKeyMs = 200;

/**
 * What the person at the keyboard asks for while `up` runs.
 *
 *     none → asked → forced → left        asked: stop; forced: kill at once; left: exit, whatever still runs
 *
 * A broken output asks once and never forces: it repeats with every write.
 */
export class Interrupts {
  /** Cancelled by the first Ctrl-C, SIGTERM or SIGHUP. */
  readonly asked: ShutdownToken = new ShutdownToken();
  /** Cancelled by the second. */
  readonly forced: ShutdownToken = new ShutdownToken();
  readonly #cli: CliEnvironment;
  readonly #release: () => void;
  #last = Number.NEGATIVE_INFINITY;

  constructor(cli: CliEnvironment) {
    this.#cli = cli;
    this.#release = cli.onInterrupt((why) => this.#take(why));
  }

  /** Gives the signals back to their defaults. */
  release(): void {
    this.#release();
  }

  #take(signal: Interrupt): void {
    const now = this.#cli.clock.monotonic();
    if (now - this.#last < sameKeyMs) return;
    const first = this.asked.cancel({ kind: "user-requested", signal });
    if (signal === "EPIPE") return;
    this.#last = now;
    if (first || this.forced.cancel({ kind: "user-requested", signal })) return;
    this.#cli.stderr.write("holdfast: left before the apps had stopped; holdfast ps shows them\n");
    this.#cli.exit(130);
  }
}
