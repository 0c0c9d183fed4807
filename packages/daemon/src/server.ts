import { type Channel, type Connection, onFirstText, serve } from "@holdfast/rpc";
import { apiErrorCodes } from "./api/contract.ts";
import type { ApiTable } from "./api/table.ts";
import type { Daemon } from "./daemon.ts";
import { isTunnelRequest } from "./remote/tunnel-request.ts";

/** As much as the line that carries it may be long. */
const maxMessageBytes = 16 * 1024 * 1024;

/** Takes over a connection of a local command that asks for another machine. */
export type Tunnel = (request: string, local: Channel) => Promise<void>;

/** Serves the API on every channel it is given, until `close`. */
export class ApiServer {
  readonly #daemon: Daemon;
  readonly #table: ApiTable;
  readonly #tunnel: Tunnel;
  /** Those that are not served, or not yet. */
  readonly #others = new Set<Channel>();
  readonly #connections = new Set<Connection>();

  constructor(daemon: Daemon, table: ApiTable, tunnel: Tunnel) {
    this.#daemon = daemon;
    this.#table = table;
    this.#tunnel = tunnel;
  }

  /** Of whoever can open the socket: nobody else can reach one in a directory that only its owner can enter. */
  accept(channel: Channel): void {
    this.#others.add(channel);
    channel.onClose(() => this.#others.delete(channel));
    onFirstText(channel, (text, rest) => {
      if (isTunnelRequest(text)) {
        void this.#tunnel(text, rest);
        return "take";
      }
      this.#others.delete(channel);
      this.serve(rest, this.#table, `uid ${process.getuid?.() ?? "?"}`);
      return "keep";
    });
  }

  /** Serves somebody known by another way. Who is further behind than `maxBufferedBytes` (4 MiB) is cut off. */
  serve(channel: Channel, table: ApiTable, principal: string, maxBufferedBytes?: number): void {
    const connection = serve(
      channel,
      table,
      { principal },
      {
        ...(maxBufferedBytes !== undefined && { maxBufferedBytes }),
        errorNumbers: apiErrorCodes,
        limits: { maxBytes: maxMessageBytes },
        onError: (error, method) => console.error(`${method} failed:`, error),
      },
    );
    this.#connections.add(connection);
    this.#daemon.tasks.spawn("api connection", { kind: "rpc-handler" }, async () => {
      await connection.closed;
      this.#connections.delete(connection);
    });
  }

  /** Tells every client that the daemon ends. Resolves when all connections are gone. */
  async close(): Promise<void> {
    for (const channel of [...this.#others]) channel.close();
    const closing = [...this.#connections].map((connection) => {
      connection.close();
      return connection.closed;
    });
    await Promise.all(closing);
  }
}
