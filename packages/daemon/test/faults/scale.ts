/** How much of the matrix is run: `HOLDFAST_FAULTS=short` a seeded sample that is minutes, otherwise all of it. */
import { seededRandom } from "@holdfast/runtime";

const { HOLDFAST_FAULTS, HOLDFAST_FAULTS_SEED } = process.env as Readonly<Record<string, string | undefined>>;

export const isShort: boolean = HOLDFAST_FAULTS === "short";

const seed = Number(HOLDFAST_FAULTS_SEED ?? 1);

/** The first in a short run, else the second. */
export function scaled(short: number, full: number): number {
  return isShort ? short : full;
}

/** All of them, or in a short run so many, drawn with the seed and in their order. */
export function sample<T>(all: readonly T[], short: number): readonly T[] {
  if (!isShort || all.length <= short) return all;
  const random = seededRandom(seed);
  const drawn = all.map((value, index) => ({ value, index, rank: random.next() }));
  return drawn
    .toSorted((a, b) => a.rank - b.rank)
    .slice(0, short)
    .toSorted((a, b) => a.index - b.index)
    .map(({ value }) => value);
}

/** `median 3 ms, p99 5 ms, longest 5 ms`. */
export function spread(values: readonly number[]): string {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number): string =>
    `${Math.round(sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0)} ms`;
  return `median ${at(0.5)}, p99 ${at(0.99)}, longest ${at(1)}`;
}
