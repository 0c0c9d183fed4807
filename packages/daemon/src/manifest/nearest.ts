/** The known name that someone who wrote an unknown one most likely meant; for manifests, and for the command line. */

/** A guess is not worth more time than this. */
const maxCandidates = 1000;

/**
 * The candidate nearest to `name` by Damerau-Levenshtein distance (case is ignored), or undefined when none is
 * near enough: at most one edit for each three letters, or else one that begins with it. Of equals the first wins; only
 * the first thousand are looked at.
 */
export function nearest(name: string, candidates: Iterable<string>): string | undefined {
  const wanted = name.toLowerCase();
  // Nobody mistypes a name this long, and the distance costs the product of both lengths.
  if (wanted.length > 100) return undefined;
  const allowed = Math.max(1, Math.floor(wanted.length / 3));
  let best: string | undefined;
  let longer: string | undefined;
  let bestDistance = allowed + 1;
  let looked = 0;
  for (const candidate of candidates) {
    looked += 1;
    if (looked > maxCandidates) break;
    if (wanted.length > 2 && candidate.toLowerCase().startsWith(wanted)) longer ??= candidate;
    if (Math.abs(candidate.length - wanted.length) >= bestDistance) continue;
    const distance = editDistance(wanted, candidate.toLowerCase());
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best ?? longer;
}

/** `did you mean "NAME"?`, where there is one that is near enough: the hint of a problem. */
export function didYouMean(name: string, candidates: Iterable<string>): string | undefined {
  const meant = nearest(name, candidates);
  return meant === undefined ? undefined : `did you mean "${meant}"?`;
}

/** Insertions, deletions, substitutions and swaps of neighbours that turn `from` into `to`. */
export function editDistance(from: string, to: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= to.length; column += 1) {
      const same = from[row - 1] === to[column - 1];
      let cost = Math.min(
        at(last, column) + 1,
        at(current, column - 1) + 1,
        at(last, column - 1) + (same ? 0 : 1),
      );
      const swapped =
        row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      if (swapped) cost = Math.min(cost, at(beforeLast, column - 2) + 1);
      current.push(cost);
    }
    beforeLast = last;
    last = current;
  }
  return at(last, to.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Number.POSITIVE_INFINITY;
}
