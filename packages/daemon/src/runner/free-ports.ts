/** Ports for apps that take any: `ports: [auto]`. */
import { createSocket } from "node:dgram";
import { createServer } from "node:net";
import type { Port } from "../spec/app-spec.ts";

/** How often a port that somebody else has been promised is asked for again. */
const mostTries = 50;

/**
 * One number for each of `ports`, in their order: its own where it says one, else that of `before` if it is free, else any
 * that is free and not in `promised`. Nothing holds it until the app does.
 */
export async function choosePorts(
  ports: readonly Port[],
  before: readonly number[],
  promised: ReadonlySet<number>,
): Promise<readonly number[]> {
  const chosen: number[] = [];
  for (const [index, port] of ports.entries()) {
    chosen.push(
      port.port === 0 ? await choose(port, before[index], new Set([...promised, ...chosen])) : port.port,
    );
  }
  return chosen;
}

async function choose(
  port: Port,
  before: number | undefined,
  promised: ReadonlySet<number>,
): Promise<number> {
  if (before !== undefined && before > 0 && !promised.has(before)) {
    const kept = await tryPort(port, before).catch(() => undefined);
    if (kept !== undefined) return kept;
  }
  for (let tries = 0; ; tries++) {
    const found = await tryPort(port, 0);
    if (!promised.has(found) || tries === mostTries) return found;
  }
}

function tryPort({ host, protocol }: Port, number: number): Promise<number> {
  return protocol === "tcp" ? tryTcp(host, number) : tryUdp(host, number);
}

function tryTcp(host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen({ host, port, exclusive: true }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : port));
    });
  });
}

function tryUdp(host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = createSocket(host.includes(":") ? "udp6" : "udp4");
    socket.once("error", (error) => {
      socket.close();
      reject(error);
    });
    socket.bind({ address: host, port, exclusive: true }, () => {
      const found = socket.address().port;
      socket.close(() => resolve(found));
    });
  });
}
