export { Daemon } from "./daemon.ts";
export type { DaemonSeams, ShutdownWish } from "./daemon-seams.ts";
export { type DaemonProgram, daemonService } from "./main.ts";
export type { Reattached, Run, Runner, RunRequest, StopRequest } from "./runner/runner.ts";
export type {
  AppSpec,
  Command,
  Port,
  Probe,
  ProbeAction,
  ProjectSpec,
  RestartPolicy,
  Schedule,
} from "./spec/app-spec.ts";
export type { AppState, Exit, Health } from "./spec/app-state.ts";
