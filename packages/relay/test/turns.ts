/** Resolves when all that the system has ready was taken in, and acted upon. */
export function microtasksDrained(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
