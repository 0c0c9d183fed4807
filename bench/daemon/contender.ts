/** One app as all contenders run it. */
export interface BenchApp {
  readonly name: string;
  readonly argv: readonly string[];
  /** Started again, without delay, when it ends. */
  readonly restarts: boolean;
}

/** A daemon at its best settings, in a directory of its own. Each call resolves when the command behind it has ended. */
export interface Contender {
  /** Starts the daemon; none of the apps runs then. */
  open(apps: readonly BenchApp[]): Promise<void>;
  /** Starts all apps by one command. */
  startAll(): Promise<void>;
  /** Runs the command that lists the apps; resolves with how many it says run. */
  countRunning(): Promise<number>;
  /** Stops all apps by one command, and not the daemon. */
  stopAll(): Promise<void>;
  /** Has all that runs written down for `reopen`, where a daemon does not do so by itself. */
  save?(): Promise<void>;
  /** The daemon's pid. */
  pid(): Promise<number>;
  /** Starts a daemon after the death of the one before, as somebody does who wants all apps back. */
  reopen(): Promise<void>;
  /** Where the output of an app is. */
  logFile(app: string): string;
  /** Ends the apps and the daemon. */
  close(): Promise<void>;
}

/** How one is made; `missing` says what has to be installed for it. */
export interface ContenderKind {
  readonly name: string;
  missing(): string | undefined;
  make(directory: string, env: Readonly<Record<string, string | undefined>>): Contender;
}
