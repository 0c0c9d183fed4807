export {
  type ApiErrorCode,
  type Applied,
  type AppStatus,
  apiErrorCodes,
  type DaemonEvent,
  type LogLine,
  type Methods,
  type Operation,
  type OperationKind,
  type StateName,
  type SystemInfo,
  type Target,
} from "./contract.ts";
