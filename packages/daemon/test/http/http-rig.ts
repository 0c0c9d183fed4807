import { request as httpRequest } from "node:http";
import { connect } from "node:net";
import { systemClock } from "@holdfast/runtime";
import { onTestFinished } from "vitest";
import { WebSocket } from "ws";
import { methodTable } from "../../src/api/methods.ts";
import { type ApiTable, restricted } from "../../src/api/table.ts";
import { HttpServer } from "../../src/http/http-server.ts";
import { Sessions } from "../../src/http/sessions.ts";
import { type FakeDaemon, fakeDaemon } from "../fakes/fake-daemon.ts";

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

export interface HttpRig {
  readonly fake: FakeDaemon;
  readonly server: HttpServer;
  readonly sessions: Sessions;
  readonly errors: readonly unknown[];
  /** One request, as a program with the token sends it but for what is given. */
  ask(path: string, over?: Ask): Promise<Answer>;
  /** A POST of JSON text to /rpc. */
  post(text: string, over?: Ask): Promise<Answer>;
  openWebSocket(headers?: Readonly<Record<string, string>>): Promise<WebSocket | number>;
  /** Follows /events from a number on; resolves once it has begun, with all that came so far. */
  follow(lastEventId: string): Promise<() => string>;
  /** Sends bytes; resolves with all that comes back once the server has closed the connection. */
  raw(bytes: string): Promise<string>;
}

export interface Ask {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  readonly token?: string | null;
}

export const token: string = "ab".repeat(32);

/** A real HTTP server on the loopback in front of a daemon whose processes are fakes. */
export async function httpRig(
  options: { table?: ApiTable; headersTimeoutMs?: number; pages?: string; fake?: FakeDaemon } = {},
): Promise<HttpRig> {
  const fake = options.fake ?? fakeDaemon();
  const errors: unknown[] = [];
  const sessions = new Sessions(systemClock, [], () => {});
  const table =
    options.table ??
    methodTable(fake.daemon, () => {
      throw new Error("no door");
    });
  const server = await HttpServer.listen({
    clock: systemClock,
    daemon: fake.daemon,
    table: (role, subscribe) => restricted(table, { change: role === "operate" ? "all" : "none", subscribe }),
    version: "0.1.0",
    startedAt: 1_000,
    token,
    sessions,
    port: 0,
    onError: (error) => errors.push(error),
    ...(options.pages === undefined ? {} : { pages: options.pages }),
    ...(options.headersTimeoutMs === undefined ? {} : { headersTimeoutMs: options.headersTimeoutMs }),
  });
  onTestFinished(() => server[Symbol.asyncDispose]());
  const { port } = server;

  const ask = (path: string, { method = "GET", headers = {}, body, token: own = token }: Ask = {}) =>
    new Promise<Answer>((resolve, reject) => {
      const authorization = own === null ? {} : { Authorization: `Bearer ${own}` };
      const sent = httpRequest(
        { port, path, method, headers: { ...authorization, ...headers } },
        (response) => {
          const chunks: Buffer[] = [];
          response.on("data", (chunk: Buffer) => chunks.push(chunk));
          response.on("end", () =>
            resolve({
              status: response.statusCode ?? 0,
              headers: response.headers,
              text: Buffer.concat(chunks).toString(),
            }),
          );
          response.on("error", reject);
        },
      );
      sent.on("error", reject);
      sent.end(body);
    });
  return {
    fake,
    server,
    sessions,
    errors,
    ask,
    post: (text, over = {}) =>
      ask("/rpc", {
        method: "POST",
        body: text,
        ...over,
        headers: { "Content-Type": "application/json", ...over.headers },
      }),
    openWebSocket: (headers = { Authorization: `Bearer ${token}` }) =>
      new Promise((resolve) => {
        const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`, { headers });
        onTestFinished(() => socket.terminate());
        socket.once("open", () => resolve(socket));
        socket.on("error", () => undefined);
        socket.once("unexpected-response", (request, response) => {
          request.destroy();
          resolve(response.statusCode ?? 0);
        });
      }),
    follow: (lastEventId) =>
      new Promise((resolve, reject) => {
        let text = "";
        const headers = { Authorization: `Bearer ${token}`, "Last-Event-ID": lastEventId };
        const sent = httpRequest({ port, path: "/events", headers }, (response) => {
          response.on("data", (chunk: Buffer) => {
            text += chunk.toString();
            resolve(() => text);
          });
          response.on("error", () => undefined);
        });
        sent.on("error", reject);
        sent.end();
      }),
    raw: (bytes) =>
      new Promise((resolve) => {
        let text = "";
        const socket = connect(port, "127.0.0.1", () => socket.write(bytes));
        socket.on("data", (chunk) => {
          text += chunk.toString();
        });
        socket.on("error", () => undefined);
        socket.on("close", () => resolve(text));
      }),
  };
}
