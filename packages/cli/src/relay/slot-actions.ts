/** `holdfast relay slot create|list|delete`. */
import type { SlotList, SlotStatus } from "@holdfast/relay/protocol";
import { CommandError, type ExitCode, exitCodes } from "../exit-codes.ts";
import { makeStyle, wantsColour } from "../terminal/style.ts";
import { tableLines } from "../terminal/table.ts";
import { relayAdmin } from "./relay-admin.ts";
import type { RelayInvocation } from "./relay-invocation.ts";

export async function slot(invocation: RelayInvocation, action: string, name?: string): Promise<ExitCode> {
  const { options, cli } = invocation;
  const admin = relayAdmin(cli, options);
  switch (action) {
    case "create": {
      const made = (await admin.call(
        "POST",
        "/v1/slots",
        name === undefined ? {} : { slot: name },
      )) as SlotStatus;
      cli.stdout.write(`${options.json === true ? JSON.stringify(made) : made.slot}\n`);
      return exitCodes.done;
    }
    case "list":
      return tell(invocation, await allSlots(admin));
    case "delete":
      if (name === undefined)
        throw new CommandError(exitCodes.usage, "relay slot delete needs the name of a slot");
      await admin.call("DELETE", `/v1/slots/${encodeURIComponent(name)}`);
      cli.stderr.write(`${name} is gone, with its events and tokens\n`);
      return exitCodes.done;
    default:
      throw new CommandError(exitCodes.usage, `relay slot cannot ${action}`, {
        remedy: "it can create, list and delete",
      });
  }
}

async function allSlots(admin: ReturnType<typeof relayAdmin>): Promise<readonly SlotStatus[]> {
  const all: SlotStatus[] = [];
  for (;;) {
    const after = all.at(-1)?.slot ?? "";
    const { slots } = (await admin.call("GET", `/v1/slots?after=${encodeURIComponent(after)}`)) as SlotList;
    if (slots.length === 0) return all;
    all.push(...slots);
  }
}

function tell({ options, cli }: RelayInvocation, slots: readonly SlotStatus[]): ExitCode {
  if (options.json === true) {
    cli.stdout.write(`${JSON.stringify(slots)}\n`);
    return exitCodes.done;
  }
  if (slots.length === 0) {
    cli.stderr.write("There are no slots. holdfast relay slot create makes one.\n");
    return exitCodes.done;
  }
  const style = makeStyle(wantsColour(cli.stdout.isTerminal, cli.variables));
  const rows = slots.map((each) =>
    [each.slot, String(each.events), String(each.bytes), each.head].map((text) => ({ text })),
  );
  const lines = tableLines(columns, rows, { paintTitle: style.dim });
  cli.stdout.write(`${lines.join("\n")}\n`);
  return exitCodes.done;
}

const columns = [
  { title: "SLOT" },
  { title: "EVENTS", align: "right" },
  { title: "BYTES", align: "right" },
  { title: "HEAD" },
] as const;
