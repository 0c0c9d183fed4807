/** Statements and transactions over a pool of connections. */

import { HoldfastError } from "@holdfast/runtime";
import { Pool, type PoolClient } from "pg";
import { unavailable } from "../refusals.ts";

export type Row = Readonly<Record<string, unknown>>;

/** Where statements go. Values are `$1`, `$2` … of the text. */
export interface Session {
  query(text: string, values?: readonly unknown[]): Promise<readonly Row[]>;
}

export interface SessionsOptions {
  /** `postgres://USER:PASSWORD@HOST:PORT/DATABASE`, with what else the driver knows. */
  readonly url: string;
  readonly maxConnections: number;
  /** No statement and no wait for a connection may take longer. */
  readonly timeoutMs: number;
}

export class Sessions implements Session, AsyncDisposable {
  readonly #pool: Pool;
  #ended: Promise<void> | undefined;

  constructor({ url, maxConnections, timeoutMs }: SessionsOptions) {
    this.#pool = new Pool({
      connectionString: url,
      max: maxConnections,
      connectionTimeoutMillis: timeoutMs,
      query_timeout: timeoutMs,
      statement_timeout: timeoutMs,
      idleTimeoutMillis: 60_000,
      keepAlive: true,
      application_name: "holdfast-relay",
      // Acknowledged means durable, whatever the server or the role is set to.
      options: "-c synchronous_commit=on",
    });
    // A connection that breaks while nobody uses it is replaced at the next use.
    this.#pool.on("error", () => undefined);
  }

  /** Rejects with a `RelayError`. */
  async query(text: string, values: readonly unknown[] = []): Promise<readonly Row[]> {
    try {
      return (await this.#pool.query<Row>(text, [...values])).rows;
    } catch (error) {
      throw unavailable("the database failed", error);
    }
  }

  /** Does all of `work` or none of it. Rejects with what `work` rejects with, or a `RelayError`. */
  async transaction<T>(work: (session: Session) => Promise<T>): Promise<T> {
    const client = await this.#connect();
    try {
      await client.query("BEGIN");
      const result = await work({
        query: async (text, values = []) => (await client.query<Row>(text, [...values])).rows,
      });
      await client.query("COMMIT");
      client.release();
      return result;
    } catch (error) {
      const isWhole = error instanceof HoldfastError && (await rolledBack(client));
      // Of a connection on which something else failed it is not known what it is in the middle of.
      client.release(!isWhole);
      throw error instanceof HoldfastError ? error : unavailable("the database failed", error);
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#ended ??= this.#pool.end();
    return this.#ended;
  }

  async #connect(): Promise<PoolClient> {
    try {
      return await this.#pool.connect();
    } catch (error) {
      throw unavailable("the database cannot be reached", error);
    }
  }
}

async function rolledBack(client: PoolClient): Promise<boolean> {
  try {
    await client.query("ROLLBACK");
    return true;
  } catch {
    return false;
  }
}
