/** Runs a command that is owed, with its tree, within its time. */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import type { Readable } from "node:stream";
import { argvOf } from "../runner/argv.ts";
import type { OwedCommand } from "./delivery.ts";

/** Of what it wrote, the end is told when it fails. */
const mostTold = 200;

/** Resolves with why it failed, or undefined. Never rejects; nothing of its process group is left then. */
export function runOwedCommand(owed: OwedCommand, abort: AbortSignal): Promise<string | undefined> {
  return new Promise((resolve) => {
    const [file, ...args] = argvOf(owed.command);
    let said = "";
    const options = { cwd: owed.workingDir, env: owed.environment, detached: true } as const;
    let child: ChildProcessByStdio<null, Readable, Readable>;
    try {
      child = spawn(file, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
    } catch (error) {
      // What the machine has too little of is thrown.
      resolve(`it could not be run: ${error instanceof Error ? error.message : String(error)}`);
      return;
    }
    const kill = (): void => {
      if (child.pid === undefined) return;
      try {
        process.kill(-child.pid, "SIGKILL");
      } catch {
        // It has ended by itself.
      }
    };
    abort.addEventListener("abort", kill, { once: true });
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => {
        said = (said + text).slice(-mostTold);
      });
    }
    const settle = (why: string | undefined): void => {
      abort.removeEventListener("abort", kill);
      kill();
      const last = said.trim().split("\n").at(-1) ?? "";
      resolve(why === undefined || last === "" ? why : `${why}: ${last}`);
    };
    child.once("error", (error) => settle(`it could not be run: ${error.message}`));
    child.once("exit", (code, signal) => {
      if (abort.aborted) settle(`it took longer than ${owed.timeoutMs / 1_000} s and was killed`);
      else
        settle(
          code === 0
            ? undefined
            : code === null
              ? `it was killed by ${signal}`
              : `it exited with code ${code}`,
        );
    });
  });
}
