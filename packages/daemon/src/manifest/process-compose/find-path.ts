/** Where the relative paths of a process-compose file lead. */
import { normalize } from "node:path";
import { type LoadContext, resolvePath } from "../load-context.ts";

/**
 * A path as its manual says, from the first file's directory; where there is nothing, from the caller's directory,
 * which is what process-compose in truth uses, if there is something.
 */
export function findPath(context: LoadContext, directory: string, path: string): string {
  const documented = resolvePath(context, directory, path);
  const actual = resolvePath(context, context.cwd, path);
  // A project's files may call their own directory by a path from where the project's tests run.
  const [, below = ""] = /^(?:\.\.\/)+(.+?)\/?$/.exec(normalize(path)) ?? [];
  const own = below !== "" && directory.endsWith(`/${below}`) ? [directory] : [];
  const candidates = [documented, actual, ...own];
  return candidates.find((each) => context.sources.readText(each).kind !== "absent") ?? documented;
}
