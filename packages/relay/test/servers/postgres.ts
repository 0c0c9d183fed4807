/** Debian's PostgreSQL in a directory of its own, reached by a Unix socket; gone with the test file. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";

const home = "/usr/lib/postgresql";

/** Where its programs are; undefined where it is not installed. */
function programs(): string | undefined {
  if (!existsSync(home)) return undefined;
  const [newest] = readdirSync(home).sort((a, b) => Number(b) - Number(a));
  const path = join(home, newest ?? "", "bin");
  return existsSync(join(path, "initdb")) ? path : undefined;
}

/** What a test that needs it says. */
export const postgresNeeded: string | undefined = programs() === undefined ? "postgresql" : undefined;

/** It refuses to run as root: then it runs as nobody. */
const nobody = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};

export interface PostgresServer {
  /** The URL of a new, empty database. */
  newDatabase(): Promise<string>;
  /** Runs one statement beside the tests, in `postgres` or the database of a URL. */
  run(text: string, url?: string): Promise<readonly Record<string, unknown>[]>;
  stop(): Promise<void>;
  start(): Promise<void>;
  remove(): Promise<void>;
}

export async function startPostgres(): Promise<PostgresServer> {
  const path = programs();
  if (path === undefined) throw new Error("PostgreSQL is not installed");
  const directory = mkdtempSync(join(tmpdir(), "holdfast-pg-"));
  if (nobody.uid !== undefined) chownSync(directory, nobody.uid, nobody.gid);
  const cluster = join(directory, "cluster");
  const initialise = [
    "-D",
    cluster,
    "-U",
    "postgres",
    "--auth=trust",
    "-E",
    "UTF8",
    "--locale=C",
    "--no-sync",
  ];
  execFileSync(join(path, "initdb"), initialise, { ...nobody, stdio: "ignore", cwd: directory });
  let server: ChildProcess | undefined;
  let databases = 0;
  const urlOf = (name: string): string => `postgres://postgres@/${name}?host=${directory}`;
  const run = async (text: string, url = urlOf("postgres")): Promise<readonly Record<string, unknown>[]> => {
    const client = new Client({ connectionString: url });
    await client.connect();
    try {
      return (await client.query<Record<string, unknown>>(text)).rows;
    } finally {
      await client.end();
    }
  };
  const stop = async (): Promise<void> => {
    const running = server;
    server = undefined;
    if (running === undefined || running.exitCode !== null) return;
    // At once, as in a crash: nothing is written that was not.
    running.kill("SIGQUIT");
    await new Promise((resolve) => running.once("exit", resolve));
  };
  const start = async (): Promise<void> => {
    const settings = [
      "listen_addresses=",
      `unix_socket_directories=${directory}`,
      "max_connections=60",
      "recovery_init_sync_method=syncfs",
    ];
    const options = settings.flatMap((setting) => ["-c", setting]);
    server = spawn(join(path, "postgres"), ["-D", cluster, ...options], {
      ...nobody,
      cwd: directory,
      stdio: ["ignore", "ignore", "pipe"],
    });
    const own = server;
    await new Promise<void>((resolve, reject) => {
      let log = "";
      own.stderr?.on("data", (chunk: Buffer) => {
        log += chunk.toString();
        if (log.includes("is ready to accept connections")) resolve();
      });
      own.once("exit", () => reject(new Error(log)));
    });
    own.stderr?.removeAllListeners("data").resume();
  };
  const remove = async (): Promise<void> => {
    await stop();
    rmSync(directory, { recursive: true, force: true });
  };
  try {
    await start();
  } catch (error) {
    await remove();
    throw error;
  }
  return {
    run,
    stop,
    start,
    async newDatabase() {
      const name = `test_${++databases}`;
      await run(`CREATE DATABASE ${name}`);
      return urlOf(name);
    },
    remove,
  };
}
