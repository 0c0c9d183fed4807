export type {
  Launcher,
  LauncherKind,
  LaunchRequest,
  SpawnFailedError,
  SpawnFailure,
} from "./launcher.ts";
export { type LauncherOptions, openLauncher } from "./open-launcher.ts";
