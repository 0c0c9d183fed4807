/** Redis streams with a file that is written to the disk for each entry, and as much of a client as a benchmark takes. */
import { spawn, spawnSync } from "node:child_process";
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "./nats.ts";

const epochMs = () => performance.timeOrigin + performance.now();

/** `XADD` to what `XREAD BLOCK` says, one after the other; undefined where there is no redis-server. */
export async function redisLatency(directory: string, count: number): Promise<readonly number[] | undefined> {
  if (spawnSync("redis-server", ["--version"]).error) return undefined;
  const port = await freePort();
  const settings = {
    port,
    bind: "127.0.0.1",
    dir: directory,
    appendonly: "yes",
    appendfsync: "always",
    save: "",
  };
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const server = spawn("redis-server", args, { stdio: "ignore" });
  const exited = new Promise((resolve) => server.once("exit", resolve));
  try {
    const [reader, writer] = [await opened(port), await opened(port)];
    const samples: number[] = [];
    let last = "0";
    for (let data = 0; data < count; data++) {
      const read = answered(reader, new RegExp(`"data":${data}}`));
      reader.write(command("XREAD", "BLOCK", "0", "STREAMS", "slot", last));
      const at = epochMs();
      const added = answered(writer, /\d+-\d+/);
      writer.write(command("XADD", "slot", "*", "event", JSON.stringify({ data })));
      last = /\d+-\d+/.exec(await read)?.[0] ?? last;
      samples.push(epochMs() - at);
      await added;
    }
    reader.destroy();
    writer.destroy();
    return samples;
  } finally {
    server.kill();
    await exited;
  }
}

/** A connection to a server that answers; it may only be starting. */
async function opened(port: number): Promise<Socket> {
  for (let left = 100; ; left--) {
    const socket = connect({ port, host: "127.0.0.1" }).setNoDelay(true).setEncoding("latin1");
    try {
      const pong = answered(socket, /PONG/);
      socket.write(command("PING"));
      await pong;
      return socket;
    } catch (error) {
      socket.destroy();
      if (left === 0) throw error;
      await sleep(50);
    }
  }
}

function answered(socket: Socket, end: RegExp): Promise<string> {
  let text = "";
  return new Promise((resolve, reject) => {
    const hear = (more: string) => {
      text += more;
      if (!end.test(text)) return;
      socket.off("data", hear).off("error", reject);
      resolve(text);
    };
    socket.on("data", hear).once("error", reject);
  });
}

function command(...words: readonly string[]): string {
  return `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join("")}`;
}
