import { type ChildSpec, checkSpec } from "./child-spec.ts";
import type { Clock } from "./clock.ts";
import type { AutoShutdown, Intensity, Strategy } from "./policy.ts";
import type { Random } from "./random.ts";
import type { ShutdownToken } from "./shutdown.ts";

/** Default intensity: 3 restarts within 5,000 ms, over all children together. */
export interface SupervisorOptions extends Partial<Intensity> {
  /** Default `one-for-one`. */
  readonly strategy?: Strategy;
  /** Default `any-significant`. */
  readonly autoShutdown?: AutoShutdown;
  readonly children?: readonly ChildSpec[];
  /** Caps the whole stop; without it each child has its own deadline in turn. */
  readonly stopBudgetMs?: number;
  /** `together` cancels all children at once; by default they stop one by one, last started first. */
  readonly stopOrder?: "reverse" | "together";
  /** The supervisor stops, in order, when this token is cancelled. */
  readonly shutdown?: ShutdownToken;
  readonly clock?: Clock;
  readonly random?: Random;
}

/** Throws `TypeError` for options that cannot mean anything. */
export function checkOptions(options: SupervisorOptions): void {
  const { strategy, autoShutdown, stopOrder, stopBudgetMs, intensity, periodMs, children = [] } = options;
  const oneOf = (what: string, value: unknown, known: readonly string[]) => {
    if (value !== undefined && !known.includes(value as string)) {
      throw new TypeError(`${what} must be one of ${known.join(", ")}, not ${String(value)}`);
    }
  };
  oneOf("strategy", strategy, ["one-for-one", "one-for-all", "rest-for-one"]);
  oneOf("autoShutdown", autoShutdown, ["never", "any-significant", "all-significant"]);
  oneOf("stopOrder", stopOrder, ["reverse", "together"]);
  if (stopBudgetMs !== undefined && !(stopBudgetMs >= 0)) {
    throw new TypeError(`stopBudgetMs must be 0 or more, not ${stopBudgetMs}`);
  }
  if (intensity !== undefined && !(Number.isInteger(intensity) && intensity >= 0)) {
    throw new TypeError(`intensity must be a whole number from 0, not ${intensity}`);
  }
  if (periodMs !== undefined && !(periodMs > 0 && periodMs < Number.POSITIVE_INFINITY)) {
    throw new TypeError(`periodMs must be above 0 and finite, not ${periodMs}`);
  }
  const ids = new Set<string>();
  for (const spec of children) {
    checkChild(spec, autoShutdown);
    if (ids.has(spec.id)) throw new TypeError(`two children are called ${spec.id}`);
    ids.add(spec.id);
  }
}

/** Throws `TypeError` for a spec that cannot be a child of a supervisor with this `autoShutdown`. */
export function checkChild(spec: ChildSpec, autoShutdown: SupervisorOptions["autoShutdown"]): void {
  checkSpec(spec);
  if (spec.significant && autoShutdown === "never") {
    throw new TypeError(`child ${spec.id}: significant means nothing when autoShutdown is never`);
  }
}
