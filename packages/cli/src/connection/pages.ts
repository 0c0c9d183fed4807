import { existsSync } from "node:fs";
import { dirname, join } from "node:path";

/**
 * Where the dashboard's files are: in a checkout where they are built, else beside the command. Where there are none
 * yet, the place that a build would put them.
 */
export function pagesOf(program: readonly string[]): string {
  const own = dirname(dirname(program.at(-1) ?? ""));
  const built = join(dirname(own), "web", "dist");
  const published = join(own, "web");
  return existsSync(join(published, "index.html")) && !existsSync(join(built, "index.html"))
    ? published
    : built;
}
