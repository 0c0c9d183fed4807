import { connect, type Socket } from "node:net";
import type { Channel } from "@holdfast/rpc";

/** Connects to a Unix socket whose messages are lines. Rejects with the system's error. */
export function connectUnixSocket(path: string): Promise<Channel> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    socket.once("error", reject);
    socket.once("connect", () => {
      socket.off("error", reject);
      resolve(lineChannel(socket));
    });
  });
}

/** A channel over a connected socket, one message a line. */
export function lineChannel(socket: Socket): Channel {
  let rest = "";
  let failure: Error | undefined;
  socket.setEncoding("utf8");
  socket.on("error", (error) => {
    failure = error;
  });
  return {
    send: (text) => void socket.write(`${text}\n`),
    onText(listener) {
      socket.on("data", (chunk: string) => {
        const lines = (rest + chunk).split("\n");
        rest = lines.pop() ?? "";
        for (const line of lines) if (line !== "") listener(line);
      });
    },
    onClose: (listener) => void socket.once("close", () => listener(failure)),
    close: () => void socket.end(),
    get bufferedBytes() {
      return socket.writableLength;
    },
  };
}
