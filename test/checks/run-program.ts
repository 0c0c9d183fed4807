import { spawn } from "node:child_process";

/** `^C` among the lines a program is expected to print: SIGINT is sent once all lines before it are there. */
const interrupt = "^C";

/** Two signals closer together than this may count as one keypress. */
const betweenSignalsMs = 100;

/** The lines that a program says it prints, in a comment that begins with `prints` at its end; none if there is none. */
export function promisedLines(source: string): readonly string[] {
  return /\n\/\* prints\n([\s\S]+)\n\*\/\n$/.exec(source)?.[1]?.split("\n") ?? [];
}

/** What runs a program of ours. */
export interface Engine {
  readonly command: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
}

/**
 * Runs a program of ours to its end and gives what it printed, stdout and stderr as they came, with `^C` where SIGINT
 * was sent and, as the last line, `exit code N` where that is not 0. A line that is as `expected`, whose `…` stands for
 * anything, is given as expected. Rejects when it does not end within `limitMs`.
 */
export async function transcriptOf(
  path: string,
  expected: readonly string[],
  limitMs = 15_000,
  { command, env }: Engine = { command: [process.execPath] },
): Promise<readonly string[]> {
  // One pipe for both, so that their order is kept.
  const child = spawn("/bin/sh", ["-c", 'exec "$@" 2>&1', "sh", ...command, path], {
    stdio: ["ignore", "pipe", "ignore"],
    env: { ...process.env, NO_COLOR: "1", ...env },
  });
  const lines: string[] = [];
  let rest = "";
  let signals = 0;
  const interrupts = (): void => {
    while (expected[lines.length] === interrupt) {
      lines.push(interrupt);
      setTimeout(() => child.kill("SIGINT"), signals++ * betweenSignalsMs);
    }
  };
  const add = (line: string): void => {
    const wanted = expected[lines.length];
    lines.push(wanted !== undefined && isLike(line, wanted) ? wanted : line);
    interrupts();
  };
  interrupts();
  child.stdout.setEncoding("utf8").on("data", (part: string) => {
    const parts = (rest + part).split("\n");
    rest = parts.pop() ?? "";
    parts.forEach(add);
  });
  const timer = setTimeout(() => child.kill("SIGKILL"), limitMs);
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  clearTimeout(timer);
  if (code === null)
    throw new Error(`${path} did not end in ${limitMs} ms; it printed:\n${lines.join("\n")}`);
  if (rest !== "") add(rest);
  if (code !== 0) lines.push(`exit code ${code}`);
  return lines;
}

function isLike(line: string, wanted: string): boolean {
  const parts = wanted.split("…").map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join(".+")}$`).test(line);
}
