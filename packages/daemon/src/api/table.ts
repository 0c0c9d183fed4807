import type { MethodTable } from "@holdfast/rpc";
import { HoldfastError } from "@holdfast/runtime";
import type { Methods } from "./contract.ts";
import type { Caller } from "./methods.ts";
import type { OwnMethod } from "./params.ts";

export type ApiTable = MethodTable<Methods, Caller>;

/** What each method is: a look, a subscription, which is a look that goes on, an operation on apps, or another change. */
const kinds: { readonly [K in OwnMethod]: "look" | "subscription" | "operation" | "change" } = {
  "system.info": "look",
  "system.describe": "look",
  "system.healthz": "look",
  "rpc.discover": "look",
  "system.shutdown": "change",
  "apps.list": "look",
  "apps.get": "look",
  "apps.why": "look",
  "apps.describe": "look",
  "apps.apply": "change",
  "apps.plan": "look",
  "apps.start": "operation",
  "apps.stop": "operation",
  "apps.restart": "operation",
  "stats.read": "look",
  "stats.follow": "subscription",
  "apps.remove": "change",
  "sessions.invite": "change",
  "sessions.list": "look",
  "sessions.revoke": "change",
  "remote.status": "look",
  "remote.join": "change",
  "remote.leave": "change",
  "remote.invite": "change",
  "remote.pair": "change",
  "remote.grant": "change",
  "remote.forget": "change",
  "operations.get": "look",
  "operations.list": "look",
  "operations.wait": "look",
  "logs.read": "look",
  "logs.extent": "look",
  "logs.follow": "subscription",
  "webhooks.list": "look",
  "events.read": "look",
  "events.follow": "subscription",
};

/** True for the name of a method that changes something. */
export function isChange(name: string): boolean {
  if (!Object.hasOwn(kinds, name)) return false;
  const kind = kinds[name as OwnMethod];
  return kind === "change" || kind === "operation";
}

/** The same methods, of which those refuse that the caller or the connection is not fit for. */
export function restricted(
  table: ApiTable,
  may: { readonly change: "all" | "operations" | "none"; readonly subscribe: boolean },
): ApiTable {
  const refusal = (name: OwnMethod): HoldfastError | undefined => {
    if (isChange(name) && may.change === "none") {
      return new HoldfastError("FORBIDDEN", `${name} changes something, and this session may only look`);
    }
    if (kinds[name] === "change" && may.change === "operations") {
      const message = `${name} is for administrators, and this session may only start, stop and restart`;
      return new HoldfastError("FORBIDDEN", message);
    }
    if (kinds[name] === "subscription" && !may.subscribe) {
      return new HoldfastError("UNSUPPORTED", `${name} needs a connection that stays: the WebSocket at /ws`);
    }
    return undefined;
  };
  const entries = Object.entries(table).map(([name, method]) => {
    const error = refusal(name as OwnMethod);
    return [name, error === undefined ? method : { ...method, call: () => Promise.reject(error) }];
  });
  return Object.fromEntries(entries) as ApiTable;
}
