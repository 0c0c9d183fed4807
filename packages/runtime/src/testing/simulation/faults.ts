import type { Clock, Timer } from "../../clock.ts";
import { type Random, seededRandom } from "../../random.ts";
import { mixedSeed } from "./trace.ts";

/** A fault that happened. `id` is its name and number, `atMs` monotonic. */
export interface Fault {
  readonly id: string;
  readonly atMs: number;
}

/** How often a fault may happen, in which window, and how. */
export interface FaultPlan {
  /** How many at most; how many it is, and when, is the seed's to say. Default 1. */
  readonly atMost?: number;
  /** The window from now in which they happen, in ms. */
  readonly withinMs: number;
  /** Makes it happen. Draw what is needed from `random`, which is this fault's own. */
  inject(random: Random): void;
}

/** What faults need of the world they happen in. */
export interface FaultsHost {
  readonly seed: number;
  readonly clock: Clock;
  /** The only faults that may happen; absent: all. */
  readonly only?: ReadonlySet<string> | undefined;
  note(line: string): void;
}

/**
 * Everything that goes wrong in a simulation. Each fault is drawn from the seed by its name and number alone,
 * so that it stays what it is when others are left out: that is what makes a list of faults shrinkable.
 */
export class Faults {
  readonly #host: FaultsHost;
  readonly #counts = new Map<string, number>();
  readonly #timers = new Set<Timer>();
  readonly #happened: Fault[] = [];
  #over = false;

  constructor(host: FaultsHost) {
    this.#host = host;
  }

  get happened(): readonly Fault[] {
    return this.#happened;
  }

  /** Faults at moments drawn from the seed. */
  plan(name: string, { atMost = 1, withinMs, inject }: FaultPlan): void {
    const random = this.#random(`plan of ${name} ${this.#counts.get(name) ?? 0}`);
    const count = Math.floor(random.next() * (atMost + 1));
    for (let i = 0; i < count; i++) this.#at(this.#next(name), random.next() * withinMs, inject);
  }

  /** Perhaps a fault soon after this moment: where something is under way, faults find more than at any other time. */
  near(name: string, plan: Omit<FaultPlan, "atMost"> & { readonly chance: number }): void {
    const id = this.#next(name);
    const random = this.#random(id);
    if (random.next() < plan.chance) this.#at(id, random.next() * plan.withinMs, plan.inject);
  }

  /** Whether a fault happens here and now, with a chance from 0 to 1. */
  strikes(name: string, chance: number): boolean {
    const id = this.#next(name);
    return this.#random(id).next() < chance && this.#happens(id);
  }

  /** No fault happens from now on. What follows shows whether the program recovers. */
  end(): void {
    this.#over = true;
    for (const timer of this.#timers) this.#host.clock.clearTimeout(timer);
    this.#timers.clear();
  }

  #next(name: string): string {
    const count = (this.#counts.get(name) ?? 0) + 1;
    this.#counts.set(name, count);
    return `${name}#${count}`;
  }

  #random(id: string): Random {
    return seededRandom(mixedSeed(this.#host.seed, `fault ${id}`));
  }

  #at(id: string, delayMs: number, inject: FaultPlan["inject"]): void {
    if (this.#over) return;
    // Set also for a fault that is left out, so that all else is drawn as with it.
    const timer = this.#host.clock.setTimeout(() => {
      this.#timers.delete(timer);
      if (this.#happens(id)) inject(this.#random(`inject ${id}`));
    }, delayMs);
    this.#timers.add(timer);
  }

  #happens(id: string): boolean {
    const { only, clock, note } = this.#host;
    if (this.#over || (only && !only.has(id))) return false;
    this.#happened.push({ id, atMs: clock.monotonic() });
    note(`fault ${id}`);
    return true;
  }
}
