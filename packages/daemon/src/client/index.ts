export type {
  AppDescription,
  Applied,
  AppStatus,
  BrowserSession,
  DaemonEvent,
  LogEvent,
  LogLine,
  Methods,
  Operation,
  SystemDescription,
  SystemInfo,
  Target,
  Usage,
  Why,
} from "../api/contract.ts";
export { connectDaemon, connectDaemonOverHttp, type DaemonClient } from "./connect.ts";
