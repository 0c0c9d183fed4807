import { execFile } from "node:child_process";
import { promisify } from "node:util";

const execute = promisify(execFile);

export interface CommandOptions {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Exit codes that are as good as 0. */
  readonly mayExitWith?: readonly number[];
}

/** Runs a program to its end; resolves with its stdout. Rejects if it fails, or takes more than a minute. */
export async function command(
  file: string,
  args: readonly string[],
  { cwd, env, mayExitWith = [] }: CommandOptions,
): Promise<string> {
  try {
    const { stdout } = await execute(file, [...args], { cwd, env, maxBuffer: 1e8, timeout: 60_000 });
    return stdout;
  } catch (error) {
    const { code, stdout } = error as { readonly code?: unknown; readonly stdout?: string };
    if (typeof code === "number" && mayExitWith.includes(code)) return stdout ?? "";
    throw error;
  }
}
