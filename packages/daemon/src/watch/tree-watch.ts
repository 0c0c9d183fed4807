import { type Dirent, type FSWatcher, readdirSync, statSync, watch } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import type { Clock, Timer } from "@holdfast/runtime";
import type { WatchRule } from "../spec/app-spec.ts";
import type { WatchFiles } from "./app-watches.ts";
import { isIgnored, matchesAny } from "./ignored.ts";

/** How many directories one rule watches; the kernel's own limit is for the user as a whole. */
const mostDirectories = 4_096;

/** How often a watched path that is not there is looked for. */
const absentLookMs = 1_000;

export interface TreeWatchSeams {
  readonly clock: Clock;
  /** A file was written, came or went; the path is absolute. */
  readonly onChange: (path: string) => void;
  /** Not all can be watched: a sentence that says why. Told once. */
  readonly onTrouble: (why: string) => void;
}

/**
 * Watches a file, or a directory with all below it, one watch for each directory: those that are ignored cost nothing.
 * What is deleted and made anew is watched again.
 */
export class TreeWatch {
  readonly #rule: WatchRule;
  readonly #seams: TreeWatchSeams;
  readonly #watchers = new Map<string, FSWatcher>();
  #timer: Timer | undefined;
  #isClosed = false;
  #isTroubled = false;

  constructor(rule: WatchRule, seams: TreeWatchSeams) {
    this.#rule = rule;
    this.#seams = seams;
    this.#begin(false);
  }

  /** How many directories are watched. */
  get size(): number {
    return this.#watchers.size;
  }

  close(): void {
    this.#isClosed = true;
    this.#seams.clock.clearTimeout(this.#timer);
    for (const path of this.#watchers.keys()) this.#unwatch(path);
  }

  /** Watches what is there; `isNew`: it has just come, and is a change. */
  #begin(isNew: boolean): void {
    if (this.#isClosed) return;
    const { path } = this.#rule;
    const stats = statSync(path, { throwIfNoEntry: false });
    if (stats === undefined) {
      this.#timer = this.#seams.clock.setTimeout(() => this.#begin(true), absentLookMs);
      return;
    }
    if (stats.isDirectory()) this.#enter(path, isNew);
    else {
      this.#watch(dirname(path), (name) => name === basename(path) && this.#seams.onChange(path));
      if (isNew) this.#seams.onChange(path);
    }
  }

  /** Watches a directory and those in it. Files of a new one came before the watch could see them. */
  #enter(directory: string, isNew: boolean): void {
    const open = [directory];
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      if (this.#watchers.has(at)) continue;
      if (this.#watchers.size >= mostDirectories) {
        this.#trouble(`${this.#rule.path} has more than ${mostDirectories} directories; ignore some of them`);
        return;
      }
      const here = at;
      if (!this.#watch(here, (name) => this.#changed(join(here, name)))) return;
      for (const entry of entriesOf(here)) {
        const path = join(here, entry.name);
        if (this.#isIgnored(path)) continue;
        if (entry.isDirectory()) open.push(path);
        else if (isNew) this.#told(path);
      }
    }
  }

  #changed(path: string): void {
    if (this.#isClosed || this.#isIgnored(path)) return;
    const stats = statSync(path, { throwIfNoEntry: false });
    if (stats?.isDirectory() === true) {
      if (!this.#watchers.has(path)) this.#enter(path, true);
      return;
    }
    if (stats === undefined && this.#watchers.has(path)) this.#leave(path);
    this.#told(path);
  }

  #told(path: string): void {
    const { include } = this.#rule;
    if (include.length > 0 && !matchesAny(this.#relative(path), include)) return;
    this.#seams.onChange(path);
  }

  /** False when it cannot be watched. */
  #watch(directory: string, onName: (name: string) => void): boolean {
    try {
      const watcher = watch(directory, { persistent: false }, (_, name) => {
        if (statSync(directory, { throwIfNoEntry: false }) === undefined) this.#gone(directory);
        else if (name !== null) onName(name);
      });
      watcher.on("error", () => this.#gone(directory));
      this.#watchers.set(directory, watcher);
      return true;
    } catch (error) {
      const code = (error as { readonly code?: unknown }).code;
      if (code === "ENOENT" || code === "ENOTDIR") return true;
      const why = code === "ENOSPC" ? "the limit fs.inotify.max_user_watches is reached" : String(error);
      this.#trouble(`${directory} cannot be watched: ${why}`);
      return code !== "ENOSPC" && code !== "EMFILE";
    }
  }

  #gone(directory: string): void {
    if (this.#isClosed || !this.#watchers.has(directory)) return;
    this.#leave(directory);
    if (directory !== this.#rule.path && directory !== dirname(this.#rule.path)) return;
    this.#seams.onChange(this.#rule.path);
    this.#timer = this.#seams.clock.setTimeout(() => this.#begin(true), absentLookMs);
  }

  #leave(directory: string): void {
    for (const path of [...this.#watchers.keys()]) {
      if (path === directory || path.startsWith(`${directory}/`)) this.#unwatch(path);
    }
  }

  #unwatch(path: string): void {
    this.#watchers.get(path)?.close();
    this.#watchers.delete(path);
  }

  #isIgnored(path: string): boolean {
    return isIgnored(this.#relative(path), this.#rule.ignore);
  }

  #relative(path: string): string {
    return relative(this.#rule.path, path);
  }

  #trouble(why: string): void {
    if (this.#isTroubled) return;
    this.#isTroubled = true;
    this.#seams.onTrouble(why);
  }
}

/** What a daemon watches files with. */
export function watchFiles(clock: Clock): WatchFiles {
  return (rule, { onChange, onTrouble }) => {
    const tree = new TreeWatch(rule, { clock, onChange, onTrouble });
    return () => tree.close();
  };
}

function entriesOf(directory: string): readonly Dirent[] {
  try {
    return readdirSync(directory, { withFileTypes: true });
  } catch {
    // It has gone in the meantime, or may not be read.
    return [];
  }
}
