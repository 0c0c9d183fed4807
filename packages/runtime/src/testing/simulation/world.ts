import { type FailpointEffects, type Failpoints, setFailpoints } from "../../failpoints.ts";
import { type Random, seededRandom } from "../../random.ts";
import { VirtualClock } from "../virtual-clock.ts";
import { Faults } from "./faults.ts";
import { Host } from "./host.ts";
import { SimulatedNetwork } from "./simulated-network.ts";
import { mixedSeed, Trace } from "./trace.ts";

/** A broken promise: which, and how. */
export interface Violation {
  readonly invariant: string;
  readonly what: string;
}

export interface WorldOptions {
  /** The only faults that may happen; absent: all. */
  readonly only?: ReadonlySet<string> | undefined;
  /** How many lines of the trace are kept. */
  readonly keep: number;
}

/**
 * Everything a simulated program has: time, chance, machines, a network, and what goes wrong with them. All
 * of it is drawn from one seed, so the same seed gives the same world.
 */
export class World {
  readonly seed: number;
  /** Timers of one instant run in an order drawn from the seed. The simulation moves it; a scenario only waits. */
  readonly clock: VirtualClock;
  readonly random: Random;
  readonly faults: Faults;
  readonly network: SimulatedNetwork;
  readonly trace: Trace;
  /** How often each mark was hit. */
  readonly marks: Map<string, number> = new Map();
  readonly #hosts = new Map<string, Host>();
  readonly #invariants = new Set<{ readonly name: string; readonly complaint: () => string | undefined }>();
  #draws = 0;
  #violation: Violation | undefined;
  #failpoints: Failpoints | undefined;

  constructor(seed: number, { only, keep }: WorldOptions) {
    this.seed = seed;
    this.trace = new Trace(keep);
    this.clock = new VirtualClock(undefined, this.fork("ties"));
    this.random = this.fork("random");
    const note = (line: string) => this.note(line);
    this.faults = new Faults({ seed, clock: this.clock, only, note });
    this.network = new SimulatedNetwork({ clock: this.clock, random: this.fork("network"), note });
  }

  /** A sequence of its own: what others draw does not shift it. */
  fork(name: string): Random {
    const random = seededRandom(mixedSeed(this.seed, name));
    const counted =
      <A extends readonly unknown[], T>(draw: (...args: A) => T) =>
      (...args: A): T => {
        this.#draws++;
        return draw(...args);
      };
    return { next: counted(random.next), bytes: counted(random.bytes), uuid: counted(random.uuid) };
  }

  /**
   * Lets everything else that is due now go first, or not, as the seed will have it. Put one wherever another
   * task could come in between, at an `await` of something that is not simulated.
   */
  pause(): Promise<void> {
    return new Promise((resolve) => void this.clock.setTimeout(resolve, 0));
  }

  /** The machine of that name; there from the first mention on. */
  host(name: string): Host {
    const known = this.#hosts.get(name);
    if (known) return known;
    const random = this.fork(`host ${name}`);
    const note = (line: string) => this.note(`${name}: ${line}`);
    const host = new Host({ name, clock: this.clock, random, network: this.network, note });
    this.#hosts.set(name, host);
    return host;
  }

  /** Sets the failpoints of `text`, in the place of those set before, until the simulation ends. */
  failpoints(text: string, kill?: FailpointEffects["kill"]): Failpoints {
    this.#failpoints?.[Symbol.dispose]();
    this.#failpoints = setFailpoints(text, { clock: this.clock, ...(kill && { kill }) });
    return this.#failpoints;
  }

  /** Writes a line into the trace: part of its hash, and of the message should something fail. */
  note(line: string): void {
    this.trace.line(`${Math.round(this.clock.monotonic() * 1_000) / 1_000} ${line}`);
  }

  /** Says that something worth reaching was reached, so that a simulation in which it never happens is not believed. */
  mark(name: string): void {
    this.marks.set(name, (this.marks.get(name) ?? 0) + 1);
  }

  /** Ends the simulation after this event if `holds` is false. The first violation is the one that is told. */
  assert(invariant: string, holds: boolean, what: string | (() => string)): void {
    if (holds || this.#violation) return;
    this.#violation = { invariant, what: typeof what === "string" ? what : what() };
  }

  /** `complaint` is asked after every event, and says what is wrong, if anything. Returns a function that takes it off. */
  invariant(name: string, complaint: () => string | undefined): () => void {
    const entry = { name, complaint };
    this.#invariants.add(entry);
    return () => void this.#invariants.delete(entry);
  }

  /** Asks every invariant; gives the first violation there ever was. For whoever drives the simulation. */
  check(event: number): Violation | undefined {
    this.trace.add(event);
    this.trace.add(this.clock.monotonic());
    this.trace.add(this.#draws);
    for (const { name, complaint } of this.#invariants) {
      if (this.#violation) break;
      const what = complaint();
      if (what !== undefined) this.#violation = { invariant: name, what };
    }
    return this.#violation;
  }

  /** Takes the failpoints off. For whoever drives the simulation. */
  [Symbol.dispose](): void {
    this.#failpoints?.[Symbol.dispose]();
  }
}
