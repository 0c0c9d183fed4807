import type { Channel } from "@holdfast/rpc";
import { HoldfastError } from "@holdfast/runtime";

/** Takes over a browser's WebSocket that is open. */
export function browserChannel(socket: WebSocket): Channel {
  return {
    send: (text) => {
      if (socket.readyState === WebSocket.OPEN) socket.send(text);
    },
    onText: (listener) =>
      socket.addEventListener("message", ({ data }) => {
        if (typeof data === "string") listener(data);
      }),
    onClose: (listener) => {
      if (socket.readyState === WebSocket.CLOSED) listener();
      else
        socket.addEventListener("close", ({ code, reason }) => listener(closeError(code, reason)), {
          once: true,
        });
    },
    close: () => socket.close(1000),
    get bufferedBytes() {
      return socket.bufferedAmount;
    },
  };
}

/** Resolves when it is open; rejects with `CONNECT_FAILED` when it never will be. */
export function opened(socket: WebSocket): Promise<WebSocket> {
  return new Promise((resolve, reject) => {
    socket.addEventListener("open", () => resolve(socket), { once: true });
    socket.addEventListener("close", ({ code }) => reject(closeError(code, "")), { once: true });
  });
}

function closeError(code: number, reason: string): Error {
  return new HoldfastError("CONNECT_FAILED", reason || `the connection was lost (code ${code})`);
}
