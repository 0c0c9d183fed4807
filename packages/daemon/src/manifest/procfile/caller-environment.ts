/** What an app inherits in the formats that hand the whole of the caller's environment on. */
import type { LoadContext } from "../load-context.ts";

/** All variables of the caller but the daemon's own. */
export function callerEnvironment(context: Pick<LoadContext, "env">): Readonly<Record<string, string>> {
  const entries = Object.entries(context.env).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && !entry[0].startsWith("HOLDFAST_"),
  );
  return Object.fromEntries(entries);
}
