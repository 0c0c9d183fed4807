/** What `mutate.ts` makes of the report of a run: scores per file and group, and who survived. */

/** The part of Stryker's report that matters here. */
export interface MutationReport {
  readonly files: Readonly<Record<string, MutatedFile>>;
}

export interface MutatedFile {
  readonly source: string;
  readonly mutants: readonly Mutant[];
}

export interface Mutant {
  readonly mutatorName: string;
  readonly replacement?: string;
  readonly status: string;
  readonly location: { readonly start: Position; readonly end: Position };
}

/** Both count from 1. */
interface Position {
  readonly line: number;
  readonly column: number;
}

/** A mutant that no test can tell from the original, and why. Found by its line's text, so that it may move. */
export interface Equivalent {
  readonly file: string;
  readonly line: string;
  readonly from: string;
  readonly to: string;
  readonly why: string;
}

export interface Survivor extends Omit<Equivalent, "why"> {
  readonly at: number;
  readonly status: string;
}

/** `equivalent` are those of the survivors that are listed as such. */
export interface Tally {
  readonly killed: number;
  readonly timedOut: number;
  readonly survived: number;
  readonly notReached: number;
  /** The mutant broke the run itself; in no score. */
  readonly errors: number;
  readonly equivalent: number;
}

export interface FileScore {
  readonly file: string;
  readonly group: string;
  readonly tally: Tally;
  readonly survivors: readonly Survivor[];
}

/** Scores every file of a report. `groupOf` says to which group a file name belongs. */
export function scores(
  report: MutationReport,
  equivalents: readonly Equivalent[],
  groupOf: (file: string) => string,
): readonly FileScore[] {
  return Object.entries(report.files).map(([path, mutated]) => {
    const file = nameOf(path);
    const all = survivorsOf(file, mutated);
    const survivors = all.filter((one) => !equivalents.some((known) => isSame(known, one)));
    const count = (status: string) => mutated.mutants.filter((mutant) => mutant.status === status).length;
    const tally = {
      killed: count("Killed"),
      timedOut: count("Timeout"),
      survived: count("Survived"),
      notReached: count("NoCoverage"),
      errors: count("RuntimeError"),
      equivalent: all.length - survivors.length,
    };
    return { file, group: groupOf(file), tally, survivors };
  });
}

/** The entries of the list that no longer stand for a survivor: the code changed, or a test kills it now. */
export function staleEquivalents(
  report: MutationReport,
  equivalents: readonly Equivalent[],
): readonly Equivalent[] {
  const files = Object.entries(report.files).map(([path, mutated]) => ({ file: nameOf(path), mutated }));
  return equivalents.filter((known) =>
    files.some(
      ({ file, mutated }) =>
        file === known.file && !survivorsOf(file, mutated).some((one) => isSame(known, one)),
    ),
  );
}

export function sum(tallies: readonly Tally[]): Tally {
  const total = (of: (tally: Tally) => number) => tallies.reduce((all, tally) => all + of(tally), 0);
  return {
    killed: total(({ killed }) => killed),
    timedOut: total(({ timedOut }) => timedOut),
    survived: total(({ survived }) => survived),
    notReached: total(({ notReached }) => notReached),
    errors: total(({ errors }) => errors),
    equivalent: total(({ equivalent }) => equivalent),
  };
}

/** How many in a hundred mutants were found out, of all and of those that a test could find out. */
export function percents(tally: Tally): { readonly ofAll: number; readonly ofReal: number } {
  const found = tally.killed + tally.timedOut;
  const all = found + tally.survived + tally.notReached;
  const real = all - tally.equivalent;
  return { ofAll: all === 0 ? 100 : (100 * found) / all, ofReal: real === 0 ? 100 : (100 * found) / real };
}

function survivorsOf(file: string, { source, mutants }: MutatedFile): readonly Survivor[] {
  const lines = source.split("\n");
  return mutants
    .filter(({ status }) => status === "Survived" || status === "NoCoverage")
    .map(({ location: { start, end }, replacement = "", status }) => {
      const whole = lines.slice(start.line - 1, end.line).join("\n");
      const behind = (lines[end.line - 1] ?? "").length - (end.column - 1);
      const from = whole.slice(start.column - 1, whole.length - behind);
      return {
        file,
        at: start.line,
        line: (lines[start.line - 1] ?? "").trim(),
        from: oneLine(from),
        to: oneLine(replacement),
        status,
      };
    });
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

function isSame(a: Omit<Equivalent, "why">, b: Omit<Equivalent, "why">): boolean {
  return a.file === b.file && a.line === b.line && a.from === b.from && a.to === b.to;
}

function oneLine(code: string): string {
  return code.replace(/\s+/g, " ").trim();
}
