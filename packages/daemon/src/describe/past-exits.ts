import type { PastExit } from "../api/contract.ts";
import type { InstanceRecord } from "../store/instance-record.ts";

/** As many are told of an app. */
const most = 50;

/** The last runs of instances that are over, the newest first. */
export function pastExits(
  records: readonly Pick<InstanceRecord, "instance" | "exits">[],
): readonly PastExit[] {
  return records
    .flatMap(({ instance, exits = [] }) => exits.map((exit) => ({ instance, ...exit })))
    .toSorted((a, b) => b.at - a.at)
    .slice(0, most)
    .map(({ instance, at, exit, ranMs }) => ({ instance, time: new Date(at).toISOString(), exit, ranMs }));
}
