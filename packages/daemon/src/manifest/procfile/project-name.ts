/** The project's name in the formats that have none of their own, or none with Compose's rules. */
import { basename } from "node:path";
import { appNamePattern } from "../../spec/app-name.ts";

/** `name` if an app or project may be called that, else what is left when all else is made a `_`. */
export function usableName(name: string): string {
  if (appNamePattern.test(name)) return name;
  const made = name.replace(/[^A-Za-z0-9_.-]/g, "_").replace(/^[.-]+/, "");
  return made === "" ? "_" : made.slice(0, 63);
}

/** The directory's own name, made usable; the root directory is called `root`. */
export function projectNameOf(directory: string): string {
  const name = basename(directory);
  return name === "" ? "root" : usableName(name);
}
