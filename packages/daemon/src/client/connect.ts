/** For programs that talk to the daemon: the one method table, as a typed client. */
import { connectUnixSocket, homePath, socketPathOf } from "@holdfast/platform";
import { type Client, createClient } from "@holdfast/rpc";
import { HoldfastError, systemClock } from "@holdfast/runtime";
import { WebSocket } from "ws";
import type { Methods } from "../api/contract.ts";
import { webSocketChannel } from "../http/web-socket-channel.ts";
import { openTunnel } from "./open-tunnel.ts";

/** `call` a method, `subscribe` to one that has events, `close` when done. */
export type DaemonClient = Client<Methods>;

/** Replies such as a long log come in one line. */
const maxLineBytes = 64 * 1024 * 1024;

/**
 * Connects to the daemon of a home (default: where the command looks, from `HOLDFAST_HOME` on) over its Unix socket, and
 * with `node`, through it, to the daemon of a machine that this one was paired with. Rejects with what the system says,
 * `ENOENT` or `ECONNREFUSED` where no daemon runs, and as `openTunnel` does.
 */
export async function connectDaemon(
  home: string = homePath(process.env),
  { node }: { readonly node?: string } = {},
): Promise<DaemonClient> {
  const socket = await connectUnixSocket(socketPathOf(home, process.env), { maxLineBytes });
  return createClient<Methods>(node === undefined ? socket : await openTunnel(socket, node));
}

/**
 * Connects over HTTP: `url` as `holdfast daemon status` prints it, and the token of the home. Rejects with
 * `CONNECT_FAILED`, whose message has the server's status where there was one.
 */
export function connectDaemonOverHttp(options: {
  readonly url: string;
  readonly token: string;
}): Promise<DaemonClient> {
  const { promise, resolve, reject } = Promise.withResolvers<DaemonClient>();
  const url = new URL("/ws", options.url);
  url.protocol = url.protocol.replace("http", "ws");
  const socket = new WebSocket(url, { headers: { Authorization: `Bearer ${options.token}` } });
  socket.once("open", () => resolve(createClient<Methods>(webSocketChannel(socket, systemClock))));
  socket.once("error", (cause) =>
    reject(new HoldfastError("CONNECT_FAILED", `${url.origin}: ${cause.message}`, { cause })),
  );
  return promise;
}
