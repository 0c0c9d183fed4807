/** What a loader sees of the world. Nothing in this folder reads a file, a variable or the working directory otherwise. */
import { readFileSync, statSync } from "node:fs";
import { isAbsolute, relative, resolve } from "node:path";
import type { ProblemList } from "./problem.ts";

/** The most that any file of a manifest may hold, in bytes. */
export const maxFileBytes: number = 1024 * 1024;

/** What reading a file gave. A file that is too large is told by its size alone and not read. */
export type FileText =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "absent" }
  | { readonly kind: "too-large"; readonly bytes: number }
  | { readonly kind: "unreadable"; readonly reason: string };

/** Files, read at once and whole: a manifest is read by a short-lived command that has nothing else to do. */
export interface ManifestSources {
  readText(path: string): FileText;
}

/** A manifest's text. */
export interface ManifestFile {
  /** Absolute; relative paths in the file are meant from its directory. */
  readonly path: string;
  /** The path as messages show it: as the user typed it, else relative to the working directory. */
  readonly label: string;
  readonly text: string;
}

/** What every loader is given beside the files. */
export interface LoadContext {
  /** Absolute: the caller's working directory. */
  readonly cwd: string;
  /** The caller's environment. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly sources: ManifestSources;
  /** Overrides the manifest's own name and the directory's. */
  readonly projectName?: string;
  /** Compose profiles that are switched on beside those in the environment. */
  readonly profiles: readonly string[];
  /** What makes the manifest unusable: the caller throws them all once the loader is back. */
  readonly problems: ProblemList;
  /** What is only doubtful. */
  readonly warnings: ProblemList;
}

/** The file system of this machine. */
export const nodeSources: ManifestSources = {
  readText(path: string): FileText {
    try {
      const stat = statSync(path);
      if (stat.isDirectory()) return { kind: "unreadable", reason: "it is a directory" };
      // A shell's `<(…)` is a pipe that has its writer; any other could be waited for, or read from, for ever.
      if (!stat.isFile() && !/^\/(?:dev\/(?:fd\/|stdin$)|proc\/self\/fd\/)/.test(path)) {
        return { kind: "unreadable", reason: "it is not a file" };
      }
      if (stat.size > maxFileBytes) return { kind: "too-large", bytes: stat.size };
      return { kind: "text", text: readFileSync(path, "utf8") };
    } catch (error) {
      const code = error instanceof Error && "code" in error ? error.code : undefined;
      if (code === "ENOENT" || code === "ENOTDIR") return { kind: "absent" };
      return { kind: "unreadable", reason: error instanceof Error ? error.message : String(error) };
    }
  },
};

/** `path` for a message: relative to the working directory when it lies below it, else absolute. */
export function labelOf(context: Pick<LoadContext, "cwd">, path: string): string {
  const fromHere = relative(context.cwd, path);
  return fromHere === "" || fromHere.startsWith("..") || isAbsolute(fromHere) ? path : fromHere;
}

/** An absolute path from one that is meant relative to `directory`; `~` is the caller's home. */
export function resolvePath(context: Pick<LoadContext, "env">, directory: string, path: string): string {
  const home = context.env["HOME"];
  if (home !== undefined && (path === "~" || path.startsWith("~/"))) return resolve(home, path.slice(2));
  return resolve(directory, path);
}
