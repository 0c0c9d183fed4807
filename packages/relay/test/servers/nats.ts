/** Debian's NATS server on a port of its own of the loopback; gone with the test file. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

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
  const directory = mkdtempSync(join(tmpdir(), "holdfast-nats-"));
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
    const args = ["-a", "127.0.0.1", "-p", String(port), "--ports_file_dir", directory];
    const own = spawn("nats-server", args, { stdio: ["ignore", "ignore", "pipe"] });
    server = own;
    await new Promise<void>((resolve, reject) => {
      let log = "";
      own.stderr?.on("data", (chunk: Buffer) => {
        log += chunk.toString();
        if (log.includes("Server is ready")) resolve();
      });
      own.once("exit", () => reject(new Error(log)));
    });
    own.stderr?.removeAllListeners("data").resume();
    port = portIn(directory, own.pid);
  };
  await start();
  return {
    address: `127.0.0.1:${port}`,
    stop,
    start,
    async remove() {
      await stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

function portIn(directory: string, pid: number | undefined): number {
  const file = readdirSync(directory).find((name) => name.includes(`_${pid}.ports`));
  const { nats } = JSON.parse(readFileSync(join(directory, file ?? ""), "utf8")) as {
    nats: readonly string[];
  };
  return Number(new URL(nats[0] ?? "").port);
}
