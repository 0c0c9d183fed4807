import { type Circumstances, type Finding, ok, quoted } from "./finding.ts";

/** Whether the relay that this machine joined is there; nothing where it joined none. */
export function lookAtRelay({ daemon }: Circumstances): readonly Finding[] {
  const check = "relay";
  if (daemon?.remote === undefined) return [];
  const { relay, name, state, error, nodes } = daemon.remote;
  if (relay === null) return [];
  switch (state) {
    case "connected":
      return ok(
        check,
        `${name} at ${relay}, connected; ${nodes.length === 1 ? "1 machine" : `${nodes.length} machines`} known`,
      );
    case "unauthorised":
      return [
        {
          check,
          level: "problem",
          text: `${relay} refuses the token of this machine`,
          means:
            "no other machine reaches this one, nor this one any other; its mailbox may have been deleted",
          remedy: "holdfast remote leave, then holdfast remote join with another invitation",
        },
      ];
    case "stopped":
    case "connecting":
    case "degraded":
    case "backoff":
      return [
        {
          check,
          level: "warning",
          text: error ?? `${relay} is not connected to: ${state}`,
          means: "other machines reach this one late or not at all; it is tried again and again",
          remedy: `curl ${quoted(`${relay.replace(/\/$/, "")}/readyz`)} says whether it is reached from here`,
        },
      ];
  }
}
