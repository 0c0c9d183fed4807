import { describeError } from "@holdfast/runtime";

/** What went wrong, and what to do about it, both for a person to read. */
export interface Trouble {
  readonly message: string;
  readonly nextStep: string;
}

/** Codes of the daemon and of the connection, each with what helps. */
const steps: Readonly<Record<string, string>> = {
  NOT_FOUND: "It may have been removed meanwhile: go back to the overview, which shows what there is.",
  CONFLICT:
    "Wait until the operation that works on it has ended; or do what the message says. Then ask again.",
  SHUTTING_DOWN: "Start the daemon again with holdfast daemon start; this page comes back by itself.",
  LOG_NOT_SPLIT: "Take both streams, or change the manifest as the message says and run holdfast up.",
  UNSUPPORTED: "This daemon cannot do that; a newer version may.",
  FORBIDDEN: "Open a link that may change things: run holdfast dashboard in a terminal.",
  NOT_JOINED: "Join a relay first: holdfast remote join, in a terminal.",
  NODE_UNREACHABLE: "See that the other machine's daemon runs and reaches the relay: holdfast remote, there.",
  PAIRING_FAILED: "Make another code on the other machine, and use it within ten minutes.",
  NO_HTTP: "Start the daemon without HOLDFAST_HTTP=off.",
  E_NO_SPACE: "Make room on the disk (the System view shows how full it is), then ask again.",
  RUNNER_UNAVAILABLE:
    "Nothing can be started now: holdfast doctor, in a terminal, tells what is missing. Then ask again.",
  STATE_UNWRITABLE:
    "Check the home directory that the System view names: it must be writable. Then ask again.",
  CONNECTION_CLOSED: "Wait until the page says Live again, then ask again. Nothing else is needed.",
  CALL_TIMED_OUT: "It may still be under way: look at its state before you ask again.",
  METHOD_NOT_FOUND: "The daemon is older than this page: restart it, then reload.",
  INVALID_PARAMS: "Reload the page: it may be older than the daemon.",
};

export function troubleOf(error: unknown): Trouble {
  const { code } = Object(error) as { readonly code?: unknown };
  const known = typeof code === "string" && Object.hasOwn(steps, code) ? steps[code] : undefined;
  const message = error instanceof Error ? error.message : describeError(error);
  return { message, nextStep: known ?? "Ask again; if it stays, holdfast doctor looks for the cause." };
}
