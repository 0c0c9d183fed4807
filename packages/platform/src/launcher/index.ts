export type {
  Launcher,
  LauncherKind,
  LaunchRequest,
  ResourceLimit,
  SpawnFailedError,
  SpawnFailure,
} from "./launcher.ts";
export { type LauncherOptions, openLauncher } from "./open-launcher.ts";
