/** The daemon and its machine. */

/** A browser that was let in. */
export interface BrowserSession {
  readonly id: string;
  readonly role: "operate" | "read";
  readonly since: string;
  readonly until: string;
}

export interface SystemInfo {
  readonly pid: number;
  readonly version: string;
  readonly home: string;
  readonly socket: string;
  /** Loopback base URL of the HTTP server, or null where none runs. */
  readonly http: string | null;
  readonly since: string;
  /** True when an `up` started this daemon, false when `daemon start` or `daemon run` did. */
  readonly onDemand: boolean;
}

/** The daemon and its machine, looked at closely: costs a walk through the home. */
export interface SystemDescription extends SystemInfo {
  /** Of the file system that the home is on; null where it cannot be asked. */
  readonly disk: {
    readonly freeBytes: number;
    readonly totalBytes: number;
    /** The state, as `state.db` and what is beside it. */
    readonly stateBytes: number;
    /** What all logs take up. */
    readonly logBytes: number;
  } | null;
  /** Of the daemon's own process. */
  readonly memoryBytes: number;
  /** How many apps there are. */
  readonly apps: number;
  /** When the machine was started. */
  readonly boot: string;
}

/** What an instance used, up to a moment. */
export interface Usage {
  readonly project: string;
  readonly name: string;
  readonly instance: number;
  readonly time: string;
  /** Processors used since the sample before: 0.25 is a quarter of one. Null for the first sample of a run. */
  readonly cpus: number | null;
  readonly memoryBytes: number | null;
  readonly processes: number | null;
}
