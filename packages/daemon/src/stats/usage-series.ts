/** Samples of one instance: fine ones of the last minutes, coarse ones of the last day, in little memory. */

/** One sample; null where something could not be known. Times are wall-clock milliseconds. */
export interface Sample {
  readonly at: number;
  readonly cpus: number | null;
  readonly memoryBytes: number | null;
  readonly processes: number | null;
}

const numbersEach = 4;

/** The last so many samples, each in four numbers. */
export class SampleRing {
  readonly #capacity: number;
  #numbers = new Float64Array(numbersEach * 16);
  #begin = 0;
  #count = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  push({ at, cpus, memoryBytes, processes }: Sample): void {
    if (this.#count === this.#capacity) {
      this.#begin = (this.#begin + 1) % this.#capacity;
      this.#count--;
    }
    this.#makeRoom();
    const at0 = ((this.#begin + this.#count) % this.#capacity) * numbersEach;
    this.#numbers.set([at, cpus ?? Number.NaN, memoryBytes ?? Number.NaN, processes ?? Number.NaN], at0);
    this.#count++;
  }

  /** The oldest first. */
  samples(): readonly Sample[] {
    return Array.from({ length: this.#count }, (_, index) => {
      const at = ((this.#begin + index) % this.#capacity) * numbersEach;
      const [time = 0, cpus = 0, memoryBytes = 0, processes = 0] = this.#numbers.subarray(
        at,
        at + numbersEach,
      );
      return {
        at: time,
        cpus: known(cpus),
        memoryBytes: known(memoryBytes),
        processes: known(processes),
      };
    });
  }

  /** It grows only as far as it is used: nothing has gone round yet then. */
  #makeRoom(): void {
    const needed = (this.#count + 1) * numbersEach;
    if (needed <= this.#numbers.length) return;
    const larger = new Float64Array(Math.min(this.#numbers.length * 2, this.#capacity * numbersEach));
    larger.set(this.#numbers);
    this.#numbers = larger;
  }
}

function known(value: number): number | null {
  return Number.isNaN(value) ? null : value;
}

/** Fine samples for ten minutes, and one a minute for a day. */
export class UsageSeries {
  readonly #fine = new SampleRing(300);
  readonly #coarse = new SampleRing(1_440);
  #coarseAt = Number.NEGATIVE_INFINITY;

  push(sample: Sample, coarseMs: number): void {
    this.#fine.push(sample);
    if (sample.at - this.#coarseAt < coarseMs && sample.at >= this.#coarseAt) return;
    this.#coarse.push(sample);
    this.#coarseAt = sample.at;
  }

  /** The oldest first: the coarse ones, and from where they begin the fine ones. */
  since(since: number): readonly Sample[] {
    const fine = this.#fine.samples();
    const first = fine[0]?.at ?? Number.POSITIVE_INFINITY;
    const coarse = this.#coarse.samples().filter(({ at }) => at < first);
    return [...coarse, ...fine].filter(({ at }) => at >= since);
  }
}
