import type { Channel } from "@holdfast/rpc";
import { type Connection, serve } from "@holdfast/rpc";
import { apiErrorCodes } from "./api/contract.ts";
import type { ApiTable } from "./api/table.ts";
import type { Daemon } from "./daemon.ts";

/** As much as the line that carries it may be long. */
const maxMessageBytes = 16 * 1024 * 1024;

/** Serves the API on every channel it is given, until `close`. */
export class ApiServer {
  readonly #daemon: Daemon;
  readonly #table: ApiTable;
  readonly #connections = new Set<Connection>();

  constructor(daemon: Daemon, table: ApiTable) {
    this.#daemon = daemon;
    this.#table = table;
  }

  accept(channel: Channel): void {
    const connection = serve(
      channel,
      this.#table,
      // Nobody else can reach a socket in a directory that only its owner can enter.
      { principal: `uid ${process.getuid?.() ?? "?"}` },
      {
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
    const closing = [...this.#connections].map((connection) => {
      connection.close();
      return connection.closed;
    });
    await Promise.all(closing);
  }
}
