export type {
  Launcher,
  LauncherKind,
  LauncherOptions,
  LaunchRequest,
  SpawnFailedError,
  SpawnFailure,
} from "./launcher/index.ts";
export { openLauncher } from "./launcher/index.ts";
export {
  bootId,
  COOKIE_VARIABLE,
  isAlive,
  type ProcessIdentity,
  processCookie,
  processIdentity,
} from "./process/identity.ts";
export { RunDirectory, type RunDirectoryOptions } from "./run-directory.ts";
export type { ProcessExit, RunRecord } from "./run-record.ts";
