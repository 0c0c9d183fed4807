import { accessSync, constants } from "node:fs";

/** True for a program that there is, by its absolute path, and that we may execute. */
export function isExecutable(path: string): boolean {
  if (!path.startsWith("/")) return false;
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
