import { rmSync } from "node:fs";
import { connect, createServer, type Server } from "node:net";
import { type LineChannel, type LineChannelOptions, socketChannel } from "./socket-channel.ts";

/** A listening Unix socket and the channels it made. */
export interface UnixSocketServer {
  readonly path: string;
  /** How many channels are open. */
  readonly connections: number;
  /** Listens no more, closes every channel and resolves when all are gone, within a second. Idempotent. */
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Listens on a Unix socket that only its owner can connect to (0600, whatever the umask). A socket file that is there
 * already is removed: the caller holds the lock of the home, so it is a dead daemon's. Who comes when `maxConnections` are
 * open is let go at once. Rejects with the system's error.
 */
export function listenUnixSocket(
  path: string,
  onChannel: (channel: LineChannel) => void,
  options: LineChannelOptions & { readonly maxConnections?: number } = {},
): Promise<UnixSocketServer> {
  const open = new Set<LineChannel>();
  const server = createServer((socket) => {
    const channel = socketChannel(socket, options);
    open.add(channel);
    channel.onClose(() => open.delete(channel));
    onChannel(channel);
  });
  if (options.maxConnections !== undefined) server.maxConnections = options.maxConnections;
  rmSync(path, { force: true });
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.once("listening", () => {
      server.off("error", reject);
      // An accept that fails (EMFILE) is one client's misfortune and no reason to end.
      server.on("error", () => {});
      resolve(serverOf(path, server, open));
    });
    // Binding happens inside `listen`, so the umask is ours for these two calls only.
    const umask = process.umask(0o177);
    try {
      server.listen(path);
    } finally {
      process.umask(umask);
    }
  });
}

/** Connects to a Unix socket. Rejects with the system's error: `ENOENT` or `ECONNREFUSED` when nobody listens. */
export function connectUnixSocket(path: string, options: LineChannelOptions = {}): Promise<LineChannel> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    socket.once("error", reject);
    socket.once("connect", () => {
      socket.off("error", reject);
      resolve(socketChannel(socket, options));
    });
  });
}

function serverOf(path: string, server: Server, open: ReadonlySet<LineChannel>): UnixSocketServer {
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      for (const channel of [...open]) channel.close();
    });
  return {
    path,
    get connections() {
      return open.size;
    },
    [Symbol.asyncDispose]: () => {
      closing ??= close();
      return closing;
    },
  };
}
