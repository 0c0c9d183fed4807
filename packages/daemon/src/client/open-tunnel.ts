import { type Channel, onFirstText, parseMessages, RpcError } from "@holdfast/rpc";
import { tunnelMethod } from "../remote/tunnel-request.ts";

/**
 * Asks the daemon at the other end of `channel` for the machine `node`, and resolves to what is left of the channel: a
 * connection to that machine's daemon. Rejects with `NOT_JOINED`, `NOT_FOUND`, `NODE_UNREACHABLE` or `FORBIDDEN`, with
 * `METHOD_NOT_FOUND` where the daemon is of an earlier version, and with `CONNECTION_CLOSED`.
 */
export function openTunnel(channel: Channel, node: string): Promise<Channel> {
  const details = { method: tunnelMethod };
  return new Promise((resolve, reject) => {
    channel.onClose((cause) =>
      reject(new RpcError("CONNECTION_CLOSED", "the daemon of this machine went away", { details, cause })),
    );
    onFirstText(channel, (text, rest) => {
      const parsed = parseMessages(text);
      const message = parsed.kind === "single" ? parsed.message : undefined;
      if (message?.kind === "result") resolve(rest);
      else {
        reject(
          message?.kind === "failure"
            ? RpcError.fromReply(tunnelMethod, message.error)
            : new RpcError("BAD_REPLY", "the daemon of this machine sent no valid reply", { details }),
        );
        channel.close();
      }
      return "take";
    });
    channel.send(JSON.stringify({ jsonrpc: "2.0", id: 0, method: tunnelMethod, params: { node } }));
  });
}
