import { nearest } from "@holdfast/daemon/nearest";
import { CommandError, type ExitCode, exitCodes } from "../exit-codes.ts";
import type { RelayInvocation } from "../relay/relay-invocation.ts";

const subjects = ["run", "invite", "slot", "token"];

/** `holdfast relay run`, `holdfast relay invite NAME`, `holdfast relay slot …`, `holdfast relay token …`. */
export async function relay(invocation: RelayInvocation): Promise<ExitCode> {
  const [subject = "run", action = "list", name] = invocation.names;
  switch (subject) {
    case "run":
      return await (await import("../relay/run-relay.ts")).runRelayHere(invocation.cli, invocation.options);
    case "invite":
      return await (await import("../relay/invite.ts")).invite(invocation, invocation.names[1]);
    case "slot":
      return await (await import("../relay/slot-actions.ts")).slot(invocation, action, name);
    case "token":
      return await (await import("../relay/token-actions.ts")).token(invocation, action, name);
    default: {
      const near = nearest(subject, subjects);
      throw new CommandError(exitCodes.usage, `relay cannot ${subject}`, {
        remedy: near === undefined ? `it can ${subjects.join(", ")}` : `did you mean ${near}?`,
      });
    }
  }
}
