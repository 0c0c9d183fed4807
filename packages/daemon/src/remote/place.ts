/** Where it is written whom this machine knows. */
import { existsSync } from "node:fs";
import { join } from "node:path";

/** The files that a machine has once it joined a relay. */
export function remoteDirectory(home: string): string {
  return join(home, "remote");
}

/** Whether it ever joined one. Touches nothing. */
export function hasRemote(home: string): boolean {
  return existsSync(join(remoteDirectory(home), "contacts.json"));
}
