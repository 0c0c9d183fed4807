import type { InstanceRecord } from "../store/instance-record.ts";

/** True when nothing changed that an event is told for. */
export function sameSight(before: InstanceRecord, after: InstanceRecord): boolean {
  if (before.next !== after.next || (before.status ?? null) !== (after.status ?? null)) return false;
  return before.state === after.state || JSON.stringify(before.state) === JSON.stringify(after.state);
}
