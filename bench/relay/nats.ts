/** As much of a NATS client as a benchmark takes, and Debian's nats-server to speak to. */
import { spawn, spawnSync } from "node:child_process";
import { type AddressInfo, connect, createServer } from "node:net";

/** One connection. */
export interface NatsConnection extends Disposable {
  publish(subject: string, text: string, reply?: string): void;
  subscribe(subject: string, onText: (text: string) => void): void;
}

/** A server of its own on the loopback, with JetStream in `directory`; undefined where there is none. */
export async function startNats(
  directory: string,
): Promise<({ readonly port: number } & AsyncDisposable) | undefined> {
  if (spawnSync("nats-server", ["--version"]).error) return undefined;
  const port = await freePort();
  const args = ["-a", "127.0.0.1", "-p", String(port), "-js", "-sd", directory];
  const child = spawn("nats-server", args, { stdio: "ignore" });
  const exited = new Promise((resolve) => child.once("exit", resolve));
  for (let left = 100; left > 0; left--) {
    try {
      (await connectNats(port))[Symbol.dispose]();
      break;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  return {
    port,
    async [Symbol.asyncDispose]() {
      child.kill();
      await exited;
    },
  };
}

/** Resolves once the server has answered. */
export async function connectNats(port: number): Promise<NatsConnection> {
  const socket = connect({ port, host: "127.0.0.1" });
  socket.setNoDelay(true);
  await new Promise<void>((resolve, reject) => socket.once("connect", resolve).once("error", reject));
  const handlers: ((text: string) => void)[] = [];
  let text = "";
  const ready = Promise.withResolvers<void>();
  socket.on("error", () => undefined);
  socket.setEncoding("latin1").on("data", (more: string) => {
    text += more;
    for (let end = text.indexOf("\r\n"); end >= 0; end = text.indexOf("\r\n")) {
      const words = text.slice(0, end).split(" ");
      const [verb = "", , sid] = words;
      if (verb === "MSG") {
        const from = end + 2;
        const to = from + Number(words.at(-1));
        if (text.length < to + 2) return;
        handlers[Number(sid)]?.(text.slice(from, to));
        text = text.slice(to + 2);
        continue;
      }
      if (verb === "PING") socket.write("PONG\r\n");
      if (verb === "PONG") ready.resolve();
      text = text.slice(end + 2);
    }
  });
  socket.write('CONNECT {"verbose":false}\r\nPING\r\n');
  await ready.promise;
  return {
    publish: (subject, payload, reply = "") =>
      void socket.write(`PUB ${subject} ${reply} ${payload.length}\r\n${payload}\r\n`),
    subscribe(subject, onText) {
      socket.write(`SUB ${subject} ${handlers.push(onText) - 1}\r\n`);
    },
    [Symbol.dispose]: () => void socket.destroy(),
  };
}

/** Asks, and resolves with the answer. */
export function requestNats(connection: NatsConnection, subject: string, question: object): Promise<string> {
  return new Promise((resolve) => {
    const inbox = `_INBOX.${subject}`;
    connection.subscribe(inbox, resolve);
    connection.publish(subject, JSON.stringify(question), inbox);
  });
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
