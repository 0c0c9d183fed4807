export type * from "../api/contract.ts";
export { connectDaemon, connectDaemonOverHttp, type DaemonClient } from "./connect.ts";
