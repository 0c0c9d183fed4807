import { appNamePattern } from "../../spec/app-name.ts";

/** `name` if an app or project may be called that, else what is left when all else is made a `_`. */
export function usableName(name: string): string {
  if (appNamePattern.test(name)) return name;
  const made = name.replace(/[^A-Za-z0-9_.-]/g, "_").replace(/^[.-]+/, "");
  return made === "" ? "_" : made.slice(0, 63);
}
