import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import type { RelayProgram } from "./programs/relay.ts";

const program = fileURLToPath(new URL("programs/relay.ts", import.meta.url));

export interface RelayProcess {
  readonly url: string;
  readonly admin: string;
  readonly pid: number;
  /** Resolves when it has ended, with its signal or code. */
  readonly ended: Promise<string>;
  kill(signal: NodeJS.Signals): Promise<string>;
}

/** Starts a relay; it ends with the test at the latest. Rejects with what it said if it ends before it listens. */
export async function startRelay(told: RelayProgram): Promise<RelayProcess> {
  const child = spawn(process.execPath, [program], {
    env: { ...process.env, RELAY: JSON.stringify(told) },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = new Promise<string>((resolve) => {
    child.once("exit", (code, signal) => resolve(signal ?? String(code)));
  });
  const kill = async (signal: NodeJS.Signals): Promise<string> => {
    child.kill(signal);
    return await ended;
  };
  onTestFinished(async () => void (await kill("SIGKILL")));
  const { url, admin } = JSON.parse(await firstLine(child, ended)) as { url: string; admin: string };
  return { url, admin, pid: child.pid ?? 0, ended, kill };
}

async function firstLine(child: ChildProcess, ended: Promise<string>): Promise<string> {
  let errors = "";
  child.stderr?.on("data", (chunk: Buffer) => {
    errors += chunk.toString();
  });
  const line = new Promise<string>((resolve) => {
    let text = "";
    child.stdout?.on("data", (chunk: Buffer) => {
      text += chunk.toString();
      const end = text.indexOf("\n");
      if (end >= 0) resolve(text.slice(0, end));
    });
  });
  const over = ended.then((how) => {
    throw new Error(`the relay ended with ${how}: ${errors}`);
  });
  return await Promise.race([line, over]);
}
