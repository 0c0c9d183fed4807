export { type AtomicWriteOptions, writeFileAtomic } from "./atomic-write.ts";
export { type Home, homePath, openHome, socketPathOf } from "./home.ts";
export type {
  Launcher,
  LauncherKind,
  LauncherOptions,
  LaunchRequest,
  ResourceLimit,
  SpawnFailedError,
  SpawnFailure,
} from "./launcher/index.ts";
export { openLauncher } from "./launcher/index.ts";
export {
  type AlreadyRunning,
  type AlreadyRunningError,
  acquireLock,
  type HomeLock,
  lockHolder,
} from "./lock.ts";
export { makeDirectories } from "./make-directories.ts";
export type { Notified } from "./notified.ts";
export { openFilesLimit } from "./open-files-limit.ts";
export type { UnsafeDirectory, UnsafeDirectoryError } from "./private-directory.ts";
export { ensurePrivateFile } from "./private-file.ts";
export { type Cgroup, type CgroupHome, openCgroupHome } from "./process/cgroup.ts";
export {
  bootId,
  COOKIE_VARIABLE,
  isAlive,
  type ProcessIdentity,
  processCookie,
  processIdentity,
  processVariable,
} from "./process/identity.ts";
export { type Limited, type LimitGroup, type LimitHome, openLimitHome } from "./process/limit-home.ts";
export type { LimitName, Limits } from "./process/limits.ts";
export {
  membersOf,
  ProcessScanner,
  type ProcessTable,
  type ScannedProcess,
  scanProcesses,
} from "./process/proc-scan.ts";
export { ProcessTree, type ProcessTreeOptions, type SignalOptions } from "./process/process-tree.ts";
export { type StopOptions, type StopOutcome, type StoppableTree, stopTree } from "./process/stop-tree.ts";
export { readUsages, type TreeUsage, type UsagePlace } from "./process/usage.ts";
export { type RepairedRecord, repairRecords } from "./repair-records.ts";
export { RunDirectory, type RunDirectoryOptions } from "./run-directory.ts";
export { type RunMainOptions, runMain } from "./run-main.ts";
export type { ProcessExit, RunRecord } from "./run-record.ts";
export { runService } from "./run-service.ts";
export type { LineChannel, LineChannelOptions } from "./socket/socket-channel.ts";
export { connectUnixSocket, listenUnixSocket, type UnixSocketServer } from "./socket/unix-socket.ts";
