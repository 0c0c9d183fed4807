import { existsSync } from "node:fs";
import { dirname, join } from "node:path";

/**
 * Where the dashboard's files are, for the command that was started as `program`: in a checkout where they are built,
 * else in the bundle. Where there are none yet, the place that a build would put them.
 */
export function pagesOf(program: readonly string[]): string {
  const own = dirname(dirname(program.at(-1) ?? ""));
  const built = join(dirname(own), "web", "dist");
  const published = join(own, "bundle", "web");
  const isThere = (directory: string): boolean => existsSync(join(directory, "index.html"));
  return isThere(published) && !isThere(built) ? published : built;
}
