/** What must have been reached often, or that nothing was found would mean nothing. */
const names = [
  "a backoff reached its cap",
  "a backoff was reset",
  "a child was added",
  "a child was left behind",
  "a failure was escalated",
  "a join left laggards",
  "a join left nobody",
  "a process was killed",
  "a pull carried something",
  "a pull was woken",
  "a slow follower was given the whole store anew",
  "a start hung",
  "a stop during a backoff",
  "a stop in reverse order",
  "a stop in the thick of it",
  "a stop was ignored",
  "a stream was there again",
  "a supervisor was left behind",
  "a tree came to rest",
  "a tree ended by itself",
  "a tree ended: auto-shutdown",
  "a tree ended: failed",
  "a tree ended: stopped",
  "an intensity was exceeded",
  "an operation was done",
  "an operation was failed",
  "an operation was joined",
  "an operation was refused",
  "an operation was replaced",
  "the last restart of an intensity",
  "the program was killed, and runs anew",
] as const;

/** Each in at least this many schedules. */
export function marksHit(times: number): Readonly<Record<string, number>> {
  return Object.fromEntries(names.map((name) => [name, times]));
}
