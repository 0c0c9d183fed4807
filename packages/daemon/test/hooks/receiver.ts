import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import { onTestFinished } from "vitest";

/** A request as it came. */
export interface Received {
  readonly method: string | undefined;
  readonly path: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Receiver {
  readonly url: string;
  readonly received: Received[];
  /** What it does with each request; absent means 204. */
  answer: ((reply: ServerResponse, request: Received) => void) | undefined;
}

/** A real HTTP server on the loopback, which is gone at the end of the test. */
export async function receiver(): Promise<Receiver> {
  const received: Received[] = [];
  const own: { answer: Receiver["answer"] } = { answer: undefined };
  const server = createServer((request, reply) => {
    let body = "";
    request.on("data", (chunk: Buffer) => {
      body += chunk.toString();
    });
    request.on("end", () => {
      const whole: Received = { method: request.method, path: request.url, headers: request.headers, body };
      received.push(whole);
      if (own.answer === undefined) reply.writeHead(204).end();
      else own.answer(reply, whole);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return Object.assign(own, { url: `http://127.0.0.1:${port}/hook`, received }) as Receiver;
}
