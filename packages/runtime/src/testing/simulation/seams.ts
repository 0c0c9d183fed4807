/** Names a process for ever: pids come back, a pid together with its start time does not. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Monotonic, in a unit of the system's own. */
  readonly startTime: number;
}

/** Both are null when nobody knows any more. */
export interface ProcessExit {
  readonly code: number | null;
  readonly signal: string | null;
}

export interface SpawnRequest {
  readonly argv: readonly string[];
  /** A mark in its environment, by which it is found again. */
  readonly cookie?: string;
}

export interface ProcessEntry extends ProcessIdentity, SpawnRequest {}

export interface SpawnedProcess extends ProcessIdentity {
  readonly exited: Promise<ProcessExit>;
}

/** The processes of a machine. They outlive the program that spawned them. */
export interface ProcessSpawner {
  /** Rejects with code `SPAWN_FAILED`. */
  spawn(request: SpawnRequest): Promise<SpawnedProcess>;
  /** All that live, in no order to rely on. */
  list(): Promise<readonly ProcessEntry[]>;
  /** Resolves false if that process is gone, whoever has its pid by now. */
  signal(process: ProcessIdentity, signal: string): Promise<boolean>;
  /** Also of a process that an earlier life of the program spawned. */
  exited(process: ProcessIdentity): Promise<ProcessExit>;
}

/** Files by absolute path; directories come with them. Rejects with code `ENOENT`, `ENOSPC` or `EIO`. */
export interface FileSystem {
  read(path: string): Promise<Uint8Array>;
  /** Makes it the whole content. */
  write(path: string, bytes: Uint8Array): Promise<void>;
  append(path: string, bytes: Uint8Array): Promise<void>;
  /** fsync: of a file its content, of a directory the names in it. Until then a power loss may take them. */
  sync(path: string): Promise<void>;
  /** In one step, over what is there. */
  rename(from: string, to: string): Promise<void>;
  remove(path: string): Promise<void>;
  /** The names in a directory, in no order to rely on. */
  list(directory: string): Promise<readonly string[]>;
  /** A lock that dies with its holder; gives what releases it, or `undefined` if somebody has it. */
  lock(path: string): Promise<(() => void) | undefined>;
}

/** One end of a connection. Iterate it once for what comes; the iteration throws code `CONNECTION_RESET`. */
export interface Connection extends AsyncIterable<Uint8Array> {
  /** Never waits. Throws `CONNECTION_CLOSED` once this end is closed. */
  send(bytes: Uint8Array): void;
  /** The other end gets all that was sent, and then its iteration ends. */
  close(): void;
}

export interface Listener {
  /** No connection is accepted from now on. Those there are stay. */
  close(): void;
}

export interface Network {
  /** Rejects with code `CONNECTION_REFUSED` or `CONNECTION_TIMED_OUT`. */
  connect(host: string, port: number): Promise<Connection>;
  /** Throws `ADDRESS_IN_USE`. */
  listen(port: number, accept: (connection: Connection) => void): Listener;
}
