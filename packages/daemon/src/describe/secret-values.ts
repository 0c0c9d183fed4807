import { readFileSync, statSync } from "node:fs";
import type { Secret } from "../spec/app-spec.ts";

/** A secret that is longer is no word that somebody would put into a variable. */
const longestSecret = 65_536;

/** What is in the secret files of an app, as far as it can be read now: none of it is to be shown elsewhere. */
export function secretValues(secrets: readonly Secret[] = []): readonly string[] {
  return secrets.flatMap(({ file }) => {
    try {
      return statSync(file).size > longestSecret ? [] : [readFileSync(file, "utf8").trim()];
    } catch {
      // It cannot be read, and so nobody has put it anywhere.
      return [];
    }
  });
}
