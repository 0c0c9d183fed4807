/** What must have been reached often, or that nothing was found would mean nothing. */
const names = [
  "a cause in another app",
  "a cause over the end of a daemon",
  "a crash with its cause",
  "a follower was there again",
  "a process was killed",
  "a request was answered when it was sent again",
  "a request was lost",
  "a request was refused: E_NO_SPACE",
  "a restart was done",
  "a restart was failed",
  "a start was done",
  "a start was failed",
  "a stop in reverse order",
  "a stop was done",
  "a stop was promised",
  "a stranger got the pid of an app",
  "a write met a full disk",
  "an app was told to be ready",
  "an exit that nobody saw",
  "it came to rest",
  "the daemon ended in peace",
  "the daemon ended with its apps",
  "the daemon ended, and its apps ran on",
  "the daemon was killed",
  "the last restart of an intensity",
  "the manifest: add",
  "the manifest: change",
  "the manifest: remove",
  "the manifest: scale",
  "the power went",
] as const;

/** Each in at least this many schedules. */
export function marksHit(times: number): Readonly<Record<string, number>> {
  return Object.fromEntries(names.map((name) => [name, times]));
}
