import type { AppStatus, LogLine, Target, Usage, Why } from "@holdfast/daemon/api";

/**
 * All that `holdfast top` shows, as data: `view` draws it, `press` answers a key, `told` takes in what the daemon says.
 * Nothing in it is ever changed; each of them gives a new one.
 */
export interface TopModel {
  readonly size: { readonly columns: number; readonly rows: number };
  /** Wall-clock milliseconds of what is drawn. */
  readonly now: number;
  /** The project that is shown; undefined for all. */
  readonly project: string | undefined;
  readonly connection: Connection;
  readonly apps: readonly AppStatus[];
  /** By `keyOf`; of apps that run. */
  readonly usage: ReadonlyMap<string, Usage>;
  /** By `PROJECT/APP`. */
  readonly dependencies: ReadonlyMap<string, readonly Dependency[]>;
  /** The `keyOf` of the row that actions are about. */
  readonly selected: string | undefined;
  /** The first row on the screen. */
  readonly offset: number;
  readonly sort: { readonly by: SortColumn; readonly reversed: boolean };
  /** Rows without this text are left out. */
  readonly filter: string;
  readonly view: View;
  readonly prompt: Prompt | undefined;
  readonly notice: Notice | undefined;
}

export type Connection =
  | { readonly kind: "connected"; readonly pid: number; readonly version: string }
  | { readonly kind: "reconnecting"; readonly since: number };

export interface Dependency {
  readonly app: string;
  readonly condition: string;
}

export const sortColumns = ["name", "state", "uptime", "restarts", "cpu", "memory"] as const;
export type SortColumn = (typeof sortColumns)[number];

/** The views that show all apps. */
export type ListKind = "table" | "graph";

export type View =
  | { readonly kind: ListKind }
  | LogsView
  | WhyView
  | {
      readonly kind: "help";
      readonly scroll: number;
      readonly back: Exclude<View, { readonly kind: "help" }>;
    };

/** The log of one instance. Lines are numbered from the first one that was read; those read later that are older come below 0. */
export interface LogsView {
  readonly kind: "logs";
  readonly of: AppId;
  readonly lines: readonly LogLine[];
  /** The number of the first of `lines`. */
  readonly first: number;
  /** The number of the line at the top of the screen; `end` follows. */
  readonly top: number | "end";
  readonly search: string;
  /** Whether older lines may be there, are being read, or are not. */
  readonly older: "some" | "asked" | "none";
  readonly back: ListKind;
}

export interface WhyView {
  readonly kind: "why";
  readonly of: AppId;
  readonly answer: Why | undefined;
  readonly scroll: number;
  readonly back: ListKind;
}

export interface AppId {
  readonly project: string;
  readonly name: string;
  readonly instance: number;
}

export type Prompt =
  | { readonly kind: "filter" | "search"; readonly text: string; readonly before: string }
  | { readonly kind: "confirm"; readonly question: string; readonly ask: Ask };

export interface Notice {
  readonly text: string;
  readonly tone: "plain" | "error";
  /** Wall-clock milliseconds from which on it is not shown. */
  readonly until: number;
}

/** What a key asks of whoever owns the terminal and the connection. */
export type Ask =
  | { readonly kind: "quit" }
  | { readonly kind: "suspend" }
  | { readonly kind: "redraw" }
  | { readonly kind: "older-lines" }
  | {
      readonly kind: "operate";
      readonly operation: "start" | "stop" | "restart";
      readonly targets: readonly Target[];
    };

export function keyOf({ project, name, instance }: AppId): string {
  return `${project}/${name}.${instance}`;
}

export function initialModel(size: TopModel["size"], now: number, project: string | undefined): TopModel {
  return {
    size,
    now,
    project,
    connection: { kind: "reconnecting", since: now },
    apps: [],
    usage: new Map(),
    dependencies: new Map(),
    selected: undefined,
    offset: 0,
    sort: { by: "name", reversed: false },
    filter: "",
    view: { kind: "table" },
    prompt: undefined,
    notice: undefined,
  };
}
