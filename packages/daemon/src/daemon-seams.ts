import type { Clock, Random } from "@holdfast/runtime";
import type { SystemDescription, SystemInfo } from "./api/contract.ts";
import type { MachineWorld } from "./apps/instance-world.ts";
import type { OperationArchive } from "./apps/operation-log.ts";
import type { EventArchive } from "./events/event-log.ts";
import type { HookMachine } from "./hooks/outbox.ts";
import type { LogBook } from "./logs/log-book.ts";
import type { StateWriter } from "./store/journal.ts";
import type { RestoredState } from "./store/open-state.ts";
import type { KeptState } from "./store/state-database.ts";
import type { WatchFiles } from "./watch/app-watches.ts";

/** Everything a daemon takes from outside: time, chance, processes, disk. */
export interface DaemonSeams {
  readonly clock: Clock;
  readonly random: Random;
  readonly database: StateWriter & EventArchive & OperationArchive & { load(): KeptState };
  readonly logs: LogBook;
  readonly watchFiles: WatchFiles;
  /** What instances need of the machine. */
  readonly machine: MachineWorld;
  /** How webhooks and `on_exit` commands are told. */
  readonly hooks: HookMachine;
  /** Set when what is to run had to be put back from a backup. */
  readonly restored?: RestoredState;
  /** Calls back once all that is ready now has run; absent means a timer. */
  readonly atEndOfTurn?: (work: () => void) => void;
  /** False when too little is left on the disk for a change of this kind; true where that is not known. */
  readonly hasRoom?: (kind: "change" | "stop") => boolean;
  /** With `settled`, once it is known whether there is an HTTP server. */
  readonly info: (settled?: boolean) => SystemInfo | Promise<SystemInfo>;
  /** What is known of the machine. */
  readonly machineFigures: () => Pick<SystemDescription, "disk" | "memoryBytes" | "boot">;
}

/** How the daemon was asked to end. */
export interface ShutdownWish {
  /** True: the apps run on, for the next daemon to take up. */
  readonly keepApps: boolean;
}
