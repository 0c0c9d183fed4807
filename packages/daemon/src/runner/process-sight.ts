import {
  isAlive,
  type ProcessIdentity,
  ProcessScanner,
  ProcessTree,
  type ProcessTreeOptions,
  processIdentity,
  readUsages,
  type StoppableTree,
  type TreeUsage,
  type UsagePlace,
} from "@holdfast/platform";

/** What a run needs of its tree. */
export type RunTree = StoppableTree & Pick<ProcessTree, "leader" | "emptied">;

/** The processes of a machine, as a runner looks at them: the real ones, or those of a simulation. */
export interface ProcessSight {
  /** Who has this pid now, if anybody. */
  identity(pid: number): ProcessIdentity | undefined;
  /**
   * True while exactly this process runs and carries the cookie. `isKnown`: its start time was written down, so that it
   * is believed where its environment can no longer be read.
   */
  isAlive(identity: ProcessIdentity, cookie: string, isKnown: boolean): boolean;
  /** What trees use, in the order of the places; absent where that is not known. */
  readonly usages?: (places: readonly UsagePlace[]) => readonly TreeUsage[];
  tree(options: Omit<ProcessTreeOptions, "scanner">): RunTree;
}

/** The processes of this machine. */
export function machineSight(): ProcessSight {
  const scanner = new ProcessScanner();
  return {
    identity: processIdentity,
    isAlive,
    usages: readUsages,
    tree: (options) => new ProcessTree({ ...options, scanner }),
  };
}
