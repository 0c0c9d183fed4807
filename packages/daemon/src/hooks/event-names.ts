import { type DaemonEvent, stateNames } from "../api/contract.ts";
import type { Webhook } from "./hook-spec.ts";

const operationStates = ["running", "done", "failed"] as const;

/** Every name that a webhook may ask for. */
export const eventNames: readonly string[] = [
  "state",
  ...stateNames.map((name) => `state.${name}`),
  "state.unhealthy",
  "operation",
  ...operationStates.map((name) => `operation.${name}`),
  "project",
  "warning",
  "watch",
];

/** The names of an event, from the widest to the narrowest; none for what is about webhooks themselves. */
export function namesOf({ type, app, operation }: DaemonEvent): readonly string[] {
  switch (type) {
    case "state":
      if (app === null) return [type];
      return [type, `state.${app.state}`, ...(app.health === "unhealthy" ? ["state.unhealthy"] : [])];
    case "operation":
      return operation === null ? [type] : [type, `operation.${operation.state}`];
    case "project":
    case "warning":
    case "watch":
      return [type];
    case "hook":
      return [];
  }
}

/** True for an event that the webhook asked for. */
export function isWanted({ events, apps }: Pick<Webhook, "events" | "apps">, event: DaemonEvent): boolean {
  if (apps !== undefined && (event.name === null || !apps.includes(event.name))) return false;
  return namesOf(event).some((name) => events.includes(name));
}
