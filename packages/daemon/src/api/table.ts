import type { MethodTable } from "@holdfast/rpc";
import { HoldfastError } from "@holdfast/runtime";
import type { Methods } from "./contract.ts";
import type { Caller } from "./methods.ts";
import type { OwnMethod } from "./params.ts";

export type ApiTable = MethodTable<Methods, Caller>;

/** What each method is: a look, a change, or a subscription, which is a look that goes on. */
const kinds: { readonly [K in OwnMethod]: "look" | "change" | "subscription" } = {
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
  "apps.start": "change",
  "apps.stop": "change",
  "apps.restart": "change",
  "stats.read": "look",
  "stats.follow": "subscription",
  "apps.remove": "change",
  "sessions.invite": "change",
  "sessions.list": "look",
  "sessions.revoke": "change",
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
  return Object.hasOwn(kinds, name) && kinds[name as OwnMethod] === "change";
}

/** The same methods, of which those refuse that the caller or the connection is not fit for. */
export function restricted(
  table: ApiTable,
  may: { readonly change: boolean; readonly subscribe: boolean },
): ApiTable {
  const refusal = (name: OwnMethod): HoldfastError | undefined => {
    if (kinds[name] === "change" && !may.change) {
      return new HoldfastError("FORBIDDEN", `${name} changes something, and this session may only look`);
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
