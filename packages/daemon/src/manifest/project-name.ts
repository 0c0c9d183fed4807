/** What a project is called when its manifest does not say. */
import { basename } from "node:path";
import { appNamePattern } from "../spec/app-name.ts";
import type { LoadContext } from "./load-context.ts";
import type { LocatedScalar } from "./located.ts";
import type { ProblemList } from "./problem.ts";

/**
 * The caller's choice, else `written`, else `COMPOSE_PROJECT_NAME` by `lookup`, else the directory's name made
 * usable. Code `invalid-name`.
 */
export function chooseProjectName(
  context: Pick<LoadContext, "projectName" | "problems">,
  written: LocatedScalar | undefined,
  lookup: (name: string) => string | undefined,
  directory: string,
): string {
  if (context.projectName !== undefined)
    return checked(context.projectName, "the project name", context.problems);
  if (written !== undefined && written.text !== "") {
    return checked(written.text, "name", context.problems, written);
  }
  const fromEnvironment = lookup("COMPOSE_PROJECT_NAME");
  if (fromEnvironment) return checked(fromEnvironment, "COMPOSE_PROJECT_NAME", context.problems);
  return normalizeProjectName(basename(directory));
}

/** A name of the kind that Compose makes of a directory's: small letters, digits, `_` and `-`. */
export function normalizeProjectName(name: string): string {
  const usable = name
    .toLowerCase()
    .replace(/[^a-z0-9_-]/g, "")
    .replace(/^[_-]+/, "")
    .slice(0, 63);
  return usable === "" ? "default" : usable;
}

function checked(name: string, what: string, problems: ProblemList, written?: LocatedScalar): string {
  if (!appNamePattern.test(name)) {
    const message = `${what}: ${JSON.stringify(name)} is no project name`;
    problems.add("invalid-name", message, written?.location, "letters, digits, _ . and -, at most 63");
  }
  return name;
}
