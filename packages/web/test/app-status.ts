import { appRow } from "../../cli/test/app-row.ts";
import type { AppStatus } from "../src/api.ts";

/** A row for tests. */
export function appStatus(over: Partial<AppStatus> = {}): AppStatus {
  return appRow({ name: "web", ready: false, pid: null, since: new Date(0).toISOString(), ...over });
}
