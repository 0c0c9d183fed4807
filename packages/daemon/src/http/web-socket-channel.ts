import type { Channel } from "@holdfast/rpc";
import type { Clock, Timer } from "@holdfast/runtime";
import type { WebSocket } from "ws";

/** A peer that has not answered two pings is gone, however open its connection looks. */
const pingMs = 15_000;

/** How long a peer may take to close. */
const lingerMs = 1_000;

/** A peer that pings on and reads no pong is cut off. */
const maxUnreadBytes = 1_048_576;

/** Takes over an open WebSocket. */
export function webSocketChannel(socket: WebSocket, clock: Clock): Channel {
  let unanswered = 0;
  let pinging: Timer;
  const ping = (): void => {
    if (++unanswered > 2) socket.terminate();
    else {
      socket.ping();
      pinging = clock.setTimeout(ping, pingMs);
    }
  };
  pinging = clock.setTimeout(ping, pingMs);
  socket.on("pong", () => {
    unanswered = 0;
  });
  socket.on("ping", () => {
    if (socket.bufferedAmount > maxUnreadBytes) socket.terminate();
  });
  socket.once("close", () => clock.clearTimeout(pinging));
  let failure: Error | undefined;
  socket.on("error", (error: Error) => {
    failure = error;
  });

  return {
    send(text) {
      if (socket.readyState === socket.OPEN) socket.send(text);
    },
    onText(listener) {
      socket.on("message", (data: Buffer, isBinary: boolean) => {
        if (isBinary) socket.close(1003, "texts only");
        else listener(data.toString("utf8"));
      });
    },
    onClose(listener) {
      if (socket.readyState === socket.CLOSED) listener(failure);
      else socket.once("close", () => listener(failure));
    },
    close() {
      socket.close(1001, "the daemon ends");
      const timer = clock.setTimeout(() => socket.terminate(), lingerMs);
      socket.once("close", () => clock.clearTimeout(timer));
    },
    get bufferedBytes() {
      return socket.bufferedAmount;
    },
  };
}
