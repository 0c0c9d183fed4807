/** What keeps the event loop of Node alive; elsewhere nobody can tell. */
export const activeResources = (): string[] => globalThis.process?.getActiveResourcesInfo?.() ?? [];

/** Those there are now and were not `before`. */
export function newResources(before: readonly string[]): string[] {
  const now = activeResources();
  for (const resource of before) if (now.includes(resource)) now.splice(now.indexOf(resource), 1);
  return now;
}
