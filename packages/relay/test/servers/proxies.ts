/** Debian's nginx and Caddy before a relay, configured as docs/relay/running.md says; gone with the test. */
import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "@holdfast/runtime";
import { onTestFinished } from "vitest";

/** What a test that needs it says. */
export function needed(program: "nginx" | "caddy"): string | undefined {
  try {
    execFileSync(program, [program === "nginx" ? "-v" : "version"], { stdio: "ignore" });
    return undefined;
  } catch {
    return program;
  }
}

const documented = readFileSync(new URL("../../../../docs/relay/running.md", import.meta.url), "utf8");

/** What a block of the page has between its outermost braces. */
function insideOf(language: string): string {
  const block = new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``).exec(documented)?.[1] ?? "";
  return block.slice(block.indexOf("{") + 1, block.lastIndexOf("}"));
}

/** Resolves to the URL of a proxy before `relay`. */
export async function startProxy(program: "nginx" | "caddy", relay: string): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), `holdfast-${program}-`));
  const port = await freePort();
  const [config, args] = program === "nginx" ? nginx(directory, port, relay) : caddy(port, relay);
  const path = join(directory, program === "nginx" ? "nginx.conf" : "Caddyfile");
  writeFileSync(path, config);
  const child = spawn(program, [...args, path], {
    cwd: directory,
    env: { ...process.env, HOME: directory, XDG_DATA_HOME: directory, XDG_CONFIG_HOME: directory },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let log = "";
  child.stderr.on("data", (chunk: Buffer) => {
    log += chunk.toString();
  });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  onTestFinished(async () => {
    child.kill("SIGTERM");
    await ended;
    rmSync(directory, { recursive: true, force: true });
  });
  while (!(await answers(port))) {
    if (child.exitCode !== null) throw new Error(log);
    await systemClock.sleep(10);
  }
  return `http://127.0.0.1:${port}`;
}

function nginx(directory: string, port: number, relay: string): [string, readonly string[]] {
  const location = insideOf("nginx").slice(insideOf("nginx").indexOf("location"));
  const places = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
  mkdirSync(join(directory, "tmp"));
  return [
    `daemon off; master_process off; pid ${directory}/pid; error_log stderr;
     events { worker_connections 1024; }
     http {
       access_log off;
       ${places.map((place) => `${place}_temp_path ${directory}/tmp/${place};`).join(" ")}
       server { listen 127.0.0.1:${port}; ${location.replace("http://127.0.0.1:8787", relay)} }
     }`,
    ["-e", "stderr", "-p", directory, "-c"],
  ];
}

function caddy(port: number, relay: string): [string, readonly string[]] {
  const proxy = insideOf("caddyfile").replace("127.0.0.1:8787", relay.replace("http://", ""));
  return [
    `{\n admin off\n auto_https off\n}\nhttp://127.0.0.1:${port} {\n${proxy}\n}\n`,
    ["run", "--adapter", "caddyfile", "--config"],
  ];
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
