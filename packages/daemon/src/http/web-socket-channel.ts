import type { Channel } from "@holdfast/rpc";
import type { Clock, Timer } from "@holdfast/runtime";
import type { WebSocket } from "ws";

/** A peer that has not answered two pings is gone, however open its connection looks. */
const pingMs = 15_000;

/** How long a peer may take to close. */
const lingerMs = 1_000;

/** A peer that pings on and reads no pong is cut off. */
const maxUnreadBytes = 1_048_576;

/** After so many frames of one peer in one turn of the loop, others have theirs. */
const framesOfTurn = 200;

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
  const hear = takeTurns(socket);
  socket.on("ping", () => {
    hear();
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
        hear();
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

/**
 * Gives a function to be called for each frame. The system hands over megabytes of one peer at once, which are ten thousands
 * of calls: what is left of them is read in the turns that follow.
 */
function takeTurns(socket: WebSocket): () => void {
  let heard = 0;
  const next = (): void => {
    heard = 0;
    if (socket.isPaused) socket.resume();
  };
  return () => {
    heard++;
    // biome-ignore lint/style/noRestrictedGlobals: the next turn is meant, and no time.
    if (heard === 1) setImmediate(next);
    if (heard === framesOfTurn) socket.pause();
  };
}
