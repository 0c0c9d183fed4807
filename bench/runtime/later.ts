/** What the async bodies do: the least that can be waited for. */
export async function later(value: number): Promise<number> {
  await Promise.resolve();
  return value;
}
