import { spawn } from "node:child_process";

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunningProgram {
  kill(signal: NodeJS.Signals): void;
  /** Resolves when stdout holds the text, so many times. */
  says(text: string, times?: number): Promise<void>;
  readonly ended: Promise<Ended>;
}

/** Starts one of `./programs` as a real process. */
export function startProgram(name: string, args: readonly string[]): RunningProgram {
  const program = new URL(`./programs/${name}`, import.meta.url).pathname;
  const child = spawn(process.execPath, [program, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  const out = { stdout: "", stderr: "" };
  child.stdout.on("data", (chunk) => {
    out.stdout += String(chunk);
  });
  child.stderr.on("data", (chunk) => {
    out.stderr += String(chunk);
  });
  return {
    kill: (signal) => child.kill(signal),
    says: async (text, times = 1) => {
      while (out.stdout.split(text).length <= times)
        await new Promise((resolve) => child.stdout.once("data", resolve));
    },
    ended: new Promise((resolve) => child.once("close", (code) => resolve({ code, ...out }))),
  };
}

/** How fast it goes at best: tried again until it is within `limitMs`, since the machine may be busy meanwhile. */
export async function atBest(limitMs: number, attempt: () => Promise<number>): Promise<number> {
  let best = Number.POSITIVE_INFINITY;
  for (let tries = 0; tries < 15 && best > limitMs; tries++) best = Math.min(best, await attempt());
  return best;
}
