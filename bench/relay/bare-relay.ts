/** The least that a relay can be: a POST is told to whoever reads the stream; nothing is stored, signed or checked. */
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** Listens on the loopback. */
export async function bareRelay(): Promise<{ readonly url: string } & AsyncDisposable> {
  const readers = new Set<ServerResponse>();
  const server = createServer((request, response) => {
    if (request.method === "GET") {
      response.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders();
      readers.add(response);
      response.on("close", () => readers.delete(response));
      return;
    }
    let body = "";
    request.setEncoding("utf8").on("data", (text: string) => (body += text));
    request.on("end", () => {
      for (const reader of readers) reader.write(`data: ${body}\n\n`);
      response.writeHead(201).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
