import type { Clock } from "./clock.ts";
import { HoldfastError } from "./errors.ts";

/** What the platform does for a failpoint. */
export interface FailpointEffects {
  /** For `delay`. */
  readonly clock?: Pick<Clock, "sleep">;
  /** For `kill`: ends the program at once, as SIGKILL would. Should it return, the code at the point still does not go on. */
  readonly kill?: (point: string) => void;
  /** For `pause`: holds the whole program, and returns when somebody lets it go on. */
  readonly pause?: (point: string) => void;
}

/** Failpoints that are set, until disposed of. */
export interface Failpoints extends Disposable {
  /** Every point the program came by, with how often, in the order of their first time. */
  readonly hits: ReadonlyMap<string, number>;
}

/** What a point with `error` throws (code `FAILPOINT`), or one with `kill` where nothing killed the program. */
export class FailpointError extends HoldfastError<"FAILPOINT", { readonly point: string }> {}

interface Term {
  readonly kind: "off" | "error" | "kill" | "pause" | "delay";
  readonly arg: string | undefined;
  /** How often it still acts; then the next term does. */
  left: number;
}

interface Active {
  readonly effects: FailpointEffects;
  readonly terms: ReadonlyMap<string, readonly Term[]>;
  readonly hits: Map<string, number>;
}

let active: Active | undefined;

/**
 * A place where a test may let the program fail: `failpoint("stop.signalled")`. Does nothing, at the cost of
 * one comparison, unless failpoints are set. Throws `FailpointError`, or `TypeError` when it is told to
 * delay, which only `asyncFailpoint` can.
 */
export function failpoint(point: string): void {
  if (active) act(active, point);
}

/** The same in asynchronous code: `await asyncFailpoint("stop.journalled")`. There is no promise unless it has to act. */
export function asyncFailpoint(point: string): Promise<void> | undefined {
  return active && actLater(active, point);
}

/**
 * Sets the failpoints of this process: `point:terms`, several divided by `;`. Terms are
 * `[COUNT*]off | error(MESSAGE) | kill | pause | delay(MS)`, chained by `->`: each acts COUNT times, without a
 * count for ever, and then the next has its turn. `op.step:2*off->1*error(disk full)->kill` passes twice, fails
 * once, then kills. An empty text only counts hits. Throws `BAD_FAILPOINT` for any other text, and
 * `TypeError` while others are set.
 */
export function setFailpoints(text: string, effects: FailpointEffects = {}): Failpoints {
  if (active) throw new TypeError("failpoints are set already; dispose of those first");
  const own: Active = { effects, terms: parse(text), hits: new Map() };
  active = own;
  return {
    hits: own.hits,
    [Symbol.dispose]() {
      if (active === own) active = undefined;
    },
  };
}

function due({ terms, hits }: Active, point: string): Term | undefined {
  hits.set(point, (hits.get(point) ?? 0) + 1);
  const term = terms.get(point)?.find(({ left }) => left > 0);
  if (term) term.left--;
  return term;
}

function act(set: Active, point: string): void {
  const term = due(set, point);
  if (!term || term.kind === "off") return;
  if (term.kind === "delay") throw new TypeError(`${point} is a synchronous failpoint, and cannot delay`);
  if (term.kind === "pause") pause(set, point);
  else fail(set, point, term);
}

async function actLater(set: Active, point: string): Promise<void> {
  const term = due(set, point);
  if (!term || term.kind === "off") return;
  if (term.kind === "delay") {
    const { clock } = set.effects;
    if (!clock) throw new TypeError(`${point} is told to delay, and there is no clock to do it with`);
    await clock.sleep(Number(term.arg));
    return;
  }
  if (term.kind === "pause") {
    pause(set, point);
    return;
  }
  // Not thrown: whoever is killed has nobody left to catch it.
  if (term.kind === "kill" && set.effects.kill) {
    set.effects.kill(point);
    await new Promise(() => {});
  }
  fail(set, point, term);
}

function pause({ effects }: Active, point: string): void {
  if (!effects.pause) throw new TypeError(`${point} is told to pause, and nothing can hold this program`);
  effects.pause(point);
}

function fail({ effects }: Active, point: string, { kind, arg }: Term): never {
  if (kind === "kill") effects.kill?.(point);
  const message = kind === "kill" ? `killed at failpoint ${point}` : (arg ?? `failpoint ${point}`);
  throw new FailpointError("FAILPOINT", message, { details: { point } });
}

const kinds = ["off", "error", "kill", "pause", "delay"] as const;

function parse(text: string): Map<string, readonly Term[]> {
  const points = new Map<string, readonly Term[]>();
  // An argument ends at the bracket after which a term, a point or the text ends.
  const form =
    /\s*([^\s:;]+)\s*:((?:(?!\s*;)[^(;]|\((?:(?!\)\s*(?:->|;|$))[\s\S])*\)(?=\s*(?:->|;|$)))*)\s*(?:;|$)/y;
  for (let rest = text; rest.trim() !== ""; rest = text.slice(form.lastIndex)) {
    const [, point, terms] = form.exec(text) ?? refuse(rest, "a point looks like op.step:1*error(disk full)");
    if (point === undefined || terms === undefined) break;
    if (points.has(point)) refuse(point, "is there twice");
    points.set(point, terms.split(/->(?=\s*(?:\d+\s*\*)?\s*[a-z]+\s*(?:\(|->|$))/i).map(parseTerm));
  }
  return points;
}

function parseTerm(text: string): Term {
  const [, count, word = "", arg] =
    /^\s*(?:(\S*?)\s*\*)?\s*([^\s(]*)\s*(?:\(([\s\S]*)\))?\s*$/.exec(text) ??
    refuse(text, "a term looks like 1*error(disk full)");
  if (count !== undefined && !/^[1-9]\d*$/.test(count)) {
    refuse(text, `the count before * is a whole number from 1, not ${JSON.stringify(count)}`);
  }
  if (word === "") refuse(text, `one of ${kinds.join(", ")} is missing`);
  const kind =
    kinds.find((each) => each === word) ??
    refuse(text, `did you mean ${nearest(word)}? (${kinds.join(", ")})`);
  if (kind === "delay" && !/^\d+$/.test(arg ?? "")) refuse(text, "delay takes milliseconds, as in delay(50)");
  if (kind !== "error" && kind !== "delay" && arg !== undefined) refuse(text, `${kind} takes no argument`);
  return { kind, arg, left: count === undefined ? Number.POSITIVE_INFINITY : Number(count) };
}

function refuse(text: string, why: string): never {
  throw new HoldfastError("BAD_FAILPOINT", `failpoint ${JSON.stringify(text.trim())}: ${why}`);
}

function nearest(word: string): string {
  const elsewhere = new Map<string, Term["kind"]>([
    ["panic", "kill"],
    ["sleep", "delay"],
    ["return", "error"],
    ["throw", "error"],
  ]);
  return elsewhere.get(word) ?? kinds.toSorted((a, b) => distance(word, a) - distance(word, b))[0] ?? "off";
}

function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (const [index, letter] of [...from.toLowerCase()].entries()) {
    const next = [index + 1];
    for (const [column, wanted] of [...to].entries()) {
      const [above = 0, before = 0, left = 0] = [row[column + 1], row[column], next[column]];
      next.push(Math.min(above + 1, left + 1, before + (letter === wanted ? 0 : 1)));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
