/** 2,000 clients after the relay was away for 3 s: how many connect in the same tenth of a second, and when the last is back. */
import { createServer, type Socket } from "node:net";
import { subscribeSse } from "@holdfast/relay";
import { nodeTransport } from "@holdfast/relay/node";
import { ShutdownToken } from "@holdfast/runtime";
import { quantile } from "./measures.ts";

/** What came of it. */
export interface OutageReport {
  readonly peak: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** The relay of this one only counts: what is measured is when clients come. */
export async function outage(count: number, awayMs: number): Promise<OutageReport> {
  const times: number[] = [];
  let sockets = new Set<Socket>();
  const listen = (port: number) =>
    new Promise<ReturnType<typeof createServer>>((resolve, reject) => {
      const server = createServer((socket) => {
        times.push(performance.now());
        sockets.add(socket);
        socket.on("error", () => undefined);
        socket.once("data", () => {
          socket.write(
            "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\nevent: hello\ndata: {}\n\n",
          );
        });
      });
      server.once("error", reject);
      server.listen({ port, host: "127.0.0.1", backlog: 4_096 }, () => resolve(server));
    });
  let server = await listen(0);
  const { port } = server.address() as { port: number };
  using network = nodeTransport();
  const token = new ShutdownToken();
  const opened: number[] = [];
  const url = new URL(`http://127.0.0.1:${port}/v1/events/a/stream`);
  const ran = Array.from({ length: count }, () =>
    subscribeSse(
      {
        target: () => ({ url }),
        transport: network.request,
        onItem: () => undefined,
        // All of them had lived long enough to try again at once.
        healthyAfterMs: 0,
        onState: ({ kind }) => void (kind === "open" && opened.push(performance.now())),
      },
      token,
    ),
  );
  while (opened.length < count) await new Promise((resolve) => setTimeout(resolve, 50));
  const close = new Promise((resolve) => server.close(resolve));
  for (const socket of sockets) socket.resetAndDestroy();
  await close;
  await new Promise((resolve) => setTimeout(resolve, awayMs));
  [sockets, times.length, opened.length] = [new Set(), 0, 0];
  server = await listen(port);
  const back = performance.now();
  while (opened.length < count) await new Promise((resolve) => setTimeout(resolve, 50));
  const took = opened.map((at) => at - back);
  const buckets = new Map<number, number>();
  for (const at of times) {
    const bucket = Math.floor((at - back) / 100);
    buckets.set(bucket, (buckets.get(bucket) ?? 0) + 1);
  }
  token.cancel({ kind: "user-requested" });
  await Promise.allSettled(ran);
  for (const socket of sockets) socket.destroy();
  await new Promise((resolve) => server.close(resolve));
  return { peak: Math.max(...buckets.values()), p50Ms: quantile(took, 0.5), p99Ms: quantile(took, 0.99) };
}
