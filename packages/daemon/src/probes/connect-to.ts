import { connect, type Socket } from "node:net";

/** Where a probe looks. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/**
 * A connection to somebody. Rejects with what the system says, and with `ECONNREFUSED` for a connection to itself: whoever
 * connects to a port of this machine where nobody listens may be given that very port to come from, and then TCP connects
 * the socket to itself. Nobody has answered then, and for as long as that socket lives or lingers nobody can listen there.
 */
export function connectTo({ host, port }: Address, abort: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, signal: abort });
    socket.on("error", reject);
    socket.once("connect", () => {
      if (!isOwn(socket)) return resolve(socket);
      // A reset: closed in order, the port would be taken for another minute.
      socket.resetAndDestroy();
      reject(Object.assign(new Error("connected to itself"), { code: "ECONNREFUSED" }));
    });
  });
}

function isOwn({ localAddress, localPort, remoteAddress, remotePort }: Socket): boolean {
  return localPort === remotePort && localAddress === remoteAddress;
}
