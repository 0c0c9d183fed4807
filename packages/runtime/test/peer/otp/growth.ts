/** In ms; this thread's own time where that is told, so that others on the machine do not count. */
const now = (): number => {
  const spent = globalThis.process?.threadCpuUsage?.();
  return spent ? (spent.user + spent.system) / 1_000 : performance.now();
};

const timeOf = async (work: () => Promise<void>) => {
  const began = now();
  await work();
  return now() - began;
};

/**
 * How much longer one go at ten times `size` takes than ten goes at `size`: 1 when the time grows with the
 * size, 10 when it grows with its square. Turns are taken until one is below `limit`, three at most, so that a
 * collection of garbage at the wrong moment decides nothing; gives the best.
 */
export async function growth(
  work: (size: number) => Promise<void>,
  size: number,
  limit: number,
): Promise<number> {
  let best = Number.POSITIVE_INFINITY;
  for (let turn = 0; turn < 3 && best >= limit; turn++) {
    const small = await timeOf(async () => {
      for (let go = 0; go < 10; go++) await work(size);
    });
    best = Math.min(best, (await timeOf(() => work(10 * size))) / small);
  }
  return best;
}
