/** Debian's NATS server on a port of its own of the loopback; gone with the test file. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";

/** What a test that needs it says. */
export const natsNeeded: string | undefined = isThere() ? undefined : "nats-server";

function isThere(): boolean {
  try {
    execFileSync("nats-server", ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

export interface NatsServer {
  /** `127.0.0.1:PORT`, the same after a restart. */
  readonly address: string;
  stop(): Promise<void>;
  start(): Promise<void>;
  remove(): Promise<void>;
}

export async function startNats(): Promise<NatsServer> {
  let server: ChildProcess | undefined;
  let port = -1;
  const stop = async (): Promise<void> => {
    const running = server;
    server = undefined;
    if (running === undefined || running.exitCode !== null) return;
    running.kill("SIGKILL");
    await new Promise((resolve) => running.once("exit", resolve));
  };
  const start = async (): Promise<void> => {
    const args = ["-a", "127.0.0.1", "-p", String(port)];
    const own = spawn("nats-server", args, { stdio: ["ignore", "ignore", "pipe"] });
    server = own;
    port = await new Promise<number>((resolve, reject) => {
      let log = "";
      own.stderr?.on("data", (chunk: Buffer) => {
        log += chunk.toString();
        const listens = /client connections on 127\.0\.0\.1:(\d+)/.exec(log)?.[1];
        if (listens !== undefined && log.includes("Server is ready")) resolve(Number(listens));
      });
      own.once("exit", () => reject(new Error(log)));
    });
    own.stderr?.removeAllListeners("data").resume();
  };
  try {
    await start();
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    address: `127.0.0.1:${port}`,
    stop,
    start,
    remove: stop,
  };
}
