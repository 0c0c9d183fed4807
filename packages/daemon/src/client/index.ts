export type {
  Applied,
  AppStatus,
  BrowserSession,
  DaemonEvent,
  LogEvent,
  LogLine,
  Methods,
  Operation,
  SystemInfo,
  Target,
} from "../api/contract.ts";
export { connectDaemon, connectDaemonOverHttp, type DaemonClient } from "./connect.ts";
