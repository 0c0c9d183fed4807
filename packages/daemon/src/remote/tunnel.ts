/** The way of a command to another machine: through the daemon of its own, which has the key and the mailbox. */
import { type Channel, serve } from "@holdfast/rpc";
import * as v from "valibot";
import { apiErrorCodes } from "../api/contract.ts";
import { OneCallChannel } from "../http/one-call-channel.ts";
import type { OpenConnection } from "./connections.ts";
import { notJoined } from "./not-joined.ts";
import { tunnelMethod } from "./tunnel-request.ts";

const paramsSchema = v.strictObject({ node: v.string() });

/**
 * Answers such a request, and from then on carries texts between `local` and the other daemon, until one of them closes.
 * The reader's pace is the writer's: what `local` has not taken is not asked for.
 */
export async function tunnel(
  request: string,
  local: Channel,
  connect: ((node: string, whenTaken: () => Promise<void>) => Promise<OpenConnection>) | undefined,
): Promise<void> {
  const asked = new OneCallChannel(request);
  let opened: OpenConnection | undefined;
  const connection = serve(
    asked,
    {
      [tunnelMethod]: {
        parse: (params) => v.parse(paramsSchema, params),
        call: async ({ node }: v.InferOutput<typeof paramsSchema>) => {
          if (connect === undefined) throw notJoined();
          opened = await connect(node, async () => await local.drained?.());
          return { role: opened.role };
        },
      },
    },
    {},
    { errorNumbers: apiErrorCodes },
  );
  const reply = await asked.reply;
  connection.close();
  if (reply !== undefined) local.send(reply);
  if (opened === undefined) local.close();
  else splice(local, opened.channel);
}

function splice(local: Channel, remote: Channel): void {
  local.onText((text) => remote.send(text));
  remote.onText((text) => local.send(text));
  local.onClose(() => remote.close());
  remote.onClose((error) => {
    if (error !== undefined) {
      const params = { code: "CONNECTION_CLOSED", message: error.message };
      local.send(JSON.stringify({ jsonrpc: "2.0", method: "connection.closed", params }));
    }
    local.close();
  });
}
