/** Waits for all, and then throws the first failure, if any: none is left running unseen. */
export async function settle(works: readonly Promise<void>[]): Promise<void> {
  const failed = (await Promise.allSettled(works)).find((result) => result.status === "rejected");
  if (failed !== undefined) throw failed.reason;
}
