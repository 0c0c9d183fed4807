import { text } from "node:stream/consumers";
import { systemClock } from "@holdfast/runtime";
import type { CliEnvironment, Interrupt, Output } from "./cli-environment.ts";

/** The environment of this very process. `program` is the argv that starts this command again. */
export function nodeEnvironment(program: readonly [string, ...string[]]): CliEnvironment {
  const listeners = new Set<(why: Interrupt) => void>();
  const tell = (why: Interrupt): void => {
    for (const listener of [...listeners]) listener(why);
  };
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  const onSignal = (signal: NodeJS.Signals): void => tell(signal as Interrupt);
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    // Nobody reads any more, as after `| head`. Without a listener there is nothing to put in order first.
    if (error.code !== "EPIPE" && error.code !== "EIO") throw error;
    if (listeners.size > 0) tell("EPIPE");
    else process.exit(0);
  });
  process.stderr.on("error", () => undefined);
  return {
    variables: process.env,
    directory: workingDirectory(),
    stdout: outputOf(process.stdout),
    stderr: outputOf(process.stderr),
    input: async () => await text(process.stdin),
    clock: systemClock,
    program,
    onInterrupt(listener) {
      if (listeners.size === 0) for (const signal of signals) process.on(signal, onSignal);
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
        if (listeners.size === 0) for (const signal of signals) process.off(signal, onSignal);
      };
    },
    exit: (code) => process.exit(code),
    ...(process.stdin.isTTY === true &&
      process.stdout.isTTY === true && {
        openScreen: async () => (await import("./terminal/node-screen.ts")).openNodeScreen(),
      }),
  };
}

/** A directory that was removed while a shell stood in it has no manifest, and is no reason to fail. */
function workingDirectory(): string {
  try {
    return process.cwd();
  } catch {
    return "/";
  }
}

function outputOf(stream: NodeJS.WriteStream): Output {
  return {
    write: (text) => void stream.write(text),
    writeAsIs: (text) => void stream.write(text),
    isTerminal: stream.isTTY === true,
    get columns() {
      return stream.columns ?? 80;
    },
    get rows() {
      return stream.rows ?? 24;
    },
  };
}
