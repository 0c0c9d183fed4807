/** What is wrong with a manifest, where, and how to put it right. */
import { HoldfastError } from "@holdfast/runtime";
import type { SourceLocation } from "../spec/app-spec.ts";

/** One thing wrong (or doubtful, in a list of warnings). `code` is stable; `message` is for people. */
export interface Problem {
  readonly code: string;
  readonly message: string;
  readonly location?: SourceLocation;
  /** What to do about it. */
  readonly hint?: string;
}

/** Nobody reads on after so many, and a hostile file has no end of them. */
const maxProblems = 100;

/** Collects problems, so that one run tells all that is wrong and not only the first; the first hundred are kept. */
export class ProblemList {
  readonly #problems: Problem[] = [];
  readonly #seen = new Set<string>();

  /** Adds a problem, unless the same one at the same place is there: shared (aliased) nodes are read twice. */
  add(code: string, message: string, location?: SourceLocation, hint?: string): void {
    if (this.isFull) return;
    const problem: Problem = {
      code,
      message,
      ...(location === undefined ? {} : { location }),
      ...(hint === undefined ? {} : { hint }),
    };
    const key = formatProblem(problem);
    if (this.#seen.has(key)) return;
    this.#seen.add(key);
    this.#problems.push(problem);
  }

  get all(): readonly Problem[] {
    return this.#problems;
  }

  /** True when nothing more is kept, so that looking on is of no use. */
  get isFull(): boolean {
    return this.#problems.length >= maxProblems;
  }

  get isEmpty(): boolean {
    return this.#problems.length === 0;
  }

  /** Throws a `ManifestError` with everything collected, when there is anything. */
  throwIfAny(): void {
    if (this.#problems.length > 0) throw new ManifestError(this.#problems);
  }
}

/** A manifest that cannot be used; its message has one line for each problem. Code `MANIFEST_INVALID`. */
export class ManifestError extends HoldfastError<
  "MANIFEST_INVALID",
  { readonly problems: readonly Problem[] }
> {
  constructor(problems: readonly Problem[]) {
    super("MANIFEST_INVALID", problems.map(formatProblem).join("\n"), {
      details: { problems: [...problems] },
    });
  }

  get problems(): readonly Problem[] {
    return this.details.problems;
  }
}

/** `file:line:column: message (hint)`, the form that editors and terminals make a link of. */
export function formatProblem(problem: Problem): string {
  const place = problem.location === undefined ? "" : `${formatLocation(problem.location)}: `;
  const hint = problem.hint === undefined ? "" : ` (${problem.hint})`;
  return `${place}${problem.message}${hint}`;
}

/** `file:line:column`. */
export function formatLocation(location: SourceLocation): string {
  return `${location.file}:${location.line}:${location.column}`;
}
