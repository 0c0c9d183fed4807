import { HoldfastError } from "../../errors.ts";

/** Why a simulation failed; with the last two it cannot be believed. */
export type SimulationErrorCode =
  /** A promise of the program was broken: `invariant` names it. */
  | "INVARIANT_BROKEN"
  /** The scenario, or a timer of the program, threw. */
  | "SCENARIO_FAILED"
  /** The scenario waits, and nothing is left that could happen. */
  | "SCENARIO_HUNG"
  /** It did not end within its virtual time, or within its number of events. */
  | "OUT_OF_TIME"
  /** The same seed did not give the same trace. */
  | "NOT_DETERMINISTIC"
  /** A coverage mark was hit too seldom. */
  | "MARK_MISSED";

/** All that it takes to replay a failure. `atMs` is virtual time, `trace` the last lines before it. */
export interface SimulationErrorDetails {
  readonly seed: number;
  readonly invariant?: string;
  readonly atMs: number;
  readonly events: number;
  /** The faults that happened, or, once shrunk, those that are needed. */
  readonly faults: readonly string[];
  readonly trace: readonly string[];
}

/** What a simulation throws. Its message ends with the line that replays it. */
export class SimulationError extends HoldfastError<SimulationErrorCode, SimulationErrorDetails> {
  /** What went wrong, without when and how to replay it. */
  readonly what: string;

  constructor(code: SimulationErrorCode, what: string, details: SimulationErrorDetails, cause?: unknown) {
    super(code, messageOf(code, what, details), { details, ...(cause !== undefined && { cause }) });
    this.what = what;
  }
}

function messageOf(code: SimulationErrorCode, what: string, details: SimulationErrorDetails): string {
  if (code === "MARK_MISSED") return what;
  const { seed, atMs, events, faults, trace } = details;
  const list = faults.map((id) => JSON.stringify(id)).join(", ");
  return [
    `seed ${seed}: ${what} (at ${Math.round(atMs * 1_000) / 1_000} ms, after ${events} events)`,
    ...trace.map((line) => `  ${line}`),
    `replay: await simulate(${seed}, scenario, { faults: [${list}] })`,
  ].join("\n");
}
