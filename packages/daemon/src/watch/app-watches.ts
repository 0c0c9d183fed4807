import { relative } from "node:path";
import type { Clock, Timer } from "@holdfast/runtime";
import type { AppSpec, WatchRule } from "../spec/app-spec.ts";

/** Begins to watch; returns the function that ends it. `onTrouble` is told once why not all can be watched. */
export type WatchFiles = (
  rule: WatchRule,
  seams: { readonly onChange: (path: string) => void; readonly onTrouble: (why: string) => void },
) => () => void;

export interface AppWatchesSeams {
  readonly clock: Clock;
  readonly watchFiles: WatchFiles;
  /** `busy`: it is being restarted, and is to be asked for again later. */
  readonly restart: (app: AppSpec, cause: string) => "done" | "busy";
  readonly trouble: (app: AppSpec, why: string) => void;
}

/** A series of changes that never ends is acted on after so many debounce times. */
const longestSeries = 10;

/** More files of one series are not counted. */
const mostNamed = 1_000;

interface Watched {
  readonly rules: string;
  readonly close: () => void;
}

/** Watches the files of all apps that ask for it, and restarts an app once a series of changes is over. */
export class AppWatches {
  readonly #seams: AppWatchesSeams;
  readonly #watched = new Map<string, Watched>();

  constructor(seams: AppWatchesSeams) {
    this.#seams = seams;
  }

  /** Makes the watches of a project be those that its apps ask for now. */
  follow(project: string, apps: readonly AppSpec[]): void {
    const wanted = new Map<string, AppSpec>();
    for (const app of apps) if (app.watch !== undefined) wanted.set(`${project}/${app.name}`, app);
    for (const [key, { rules, close }] of this.#watched) {
      if (!key.startsWith(`${project}/`) || JSON.stringify(wanted.get(key)?.watch) === rules) continue;
      close();
      this.#watched.delete(key);
    }
    for (const [key, app] of wanted) {
      if (!this.#watched.has(key)) this.#watched.set(key, this.#begin(app));
    }
  }

  close(): void {
    for (const { close } of this.#watched.values()) close();
    this.#watched.clear();
  }

  #begin(app: AppSpec): Watched {
    const ends = (app.watch ?? []).map((rule) => this.#beginRule(app, rule));
    const close = (): void => {
      for (const end of ends) end();
    };
    return { rules: JSON.stringify(app.watch), close };
  }

  #beginRule(app: AppSpec, rule: WatchRule): () => void {
    const { clock, watchFiles, restart, trouble } = this.#seams;
    const changed = new Set<string>();
    let timer: Timer | undefined;
    let latest = 0;
    const act = (): void => {
      if (restart(app, causeText(app, changed)) === "busy") {
        timer = clock.setTimeout(act, rule.debounceMs);
        return;
      }
      changed.clear();
    };
    const end = watchFiles(rule, {
      onChange: (path) => {
        // The app's own output is no reason to start it anew.
        if (path === app.logFile) return;
        const now = clock.monotonic();
        if (changed.size === 0) latest = now + longestSeries * rule.debounceMs;
        if (changed.size < mostNamed) changed.add(path);
        clock.clearTimeout(timer);
        timer = clock.setTimeout(act, Math.max(0, Math.min(rule.debounceMs, latest - now)));
      },
      onTrouble: (why) => trouble(app, why),
    });
    return () => {
      clock.clearTimeout(timer);
      end();
    };
  }
}

/** `src/app.js changed`, or `src/app.js and 3 others changed`. */
function causeText({ workingDir }: AppSpec, changed: ReadonlySet<string>): string {
  const [first = ""] = changed;
  const below = relative(workingDir, first);
  const name = below === "" || below.startsWith("..") ? first : below;
  if (changed.size < 2) return `${name} changed`;
  return `${name} and ${changed.size - 1} ${changed.size === 2 ? "other" : "others"} changed`;
}
