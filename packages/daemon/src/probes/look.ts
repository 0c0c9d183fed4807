/** The looks a probe can take at the real world: a command, an HTTP request, a TCP connection. */
import { spawn } from "node:child_process";
import { connect } from "node:net";
import type { Clock, ShutdownToken } from "@holdfast/runtime";
import { argvOf } from "../runner/argv.ts";
import type { Probe, ProbeAction } from "../spec/app-spec.ts";
import type { Look } from "./probe-loop.ts";

/** Where a command probe runs: the app's own directory and environment. */
export interface LookContext {
  readonly clock: Clock;
  readonly workingDir: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** A look that starts processes and opens connections; what it started is gone when it resolves. */
export function realLook(context: LookContext): Look {
  return (probe, token) =>
    withLimit(probe, context.clock, token, (abort) => look(probe.action, context, abort));
}

function look(action: ProbeAction, context: LookContext, abort: AbortSignal): Promise<boolean> {
  switch (action.kind) {
    case "exec":
      return lookByCommand(action, context, abort);
    case "http":
      return lookByHttp(action, abort);
    case "tcp":
      return lookByTcp(action, abort);
  }
}

async function withLimit(
  probe: Probe,
  clock: Clock,
  token: ShutdownToken,
  take: (abort: AbortSignal) => Promise<boolean>,
): Promise<boolean> {
  const limit = new AbortController();
  const timer = clock.setTimeout(() => limit.abort(), probe.timeoutMs);
  const forget = token.onCancel(() => limit.abort());
  try {
    return await take(limit.signal);
  } finally {
    clock.clearTimeout(timer);
    forget();
  }
}

function lookByCommand(
  action: Extract<ProbeAction, { kind: "exec" }>,
  context: LookContext,
  abort: AbortSignal,
): Promise<boolean> {
  return new Promise((resolve) => {
    const [file, ...args] = argvOf(action.command);
    const child = spawn(file, args, {
      cwd: action.workingDir ?? context.workingDir,
      env: context.environment,
      stdio: "ignore",
      detached: true,
    });
    // The probe's own process group goes as a whole, so a hung pipeline leaves nothing behind.
    const kill = (): void => {
      if (child.pid === undefined) return;
      try {
        process.kill(-child.pid, "SIGKILL");
      } catch {
        // It has ended by itself.
      }
    };
    abort.addEventListener("abort", kill, { once: true });
    const settle = (ok: boolean): void => {
      abort.removeEventListener("abort", kill);
      kill();
      resolve(ok && !abort.aborted);
    };
    child.once("error", () => settle(false));
    child.once("exit", (code) => settle(code === 0));
  });
}

async function lookByHttp(
  action: Extract<ProbeAction, { kind: "http" }>,
  abort: AbortSignal,
): Promise<boolean> {
  // Loaded when first needed: it costs a third of the daemon's start.
  const { request } = action.url.startsWith("https:")
    ? await import("node:https")
    : await import("node:http");
  return new Promise((resolve) => {
    const ask = request(
      action.url,
      { method: action.method, headers: action.headers, signal: abort, agent: false },
      (reply) => {
        const status = reply.statusCode ?? 0;
        reply.resume();
        reply.destroy();
        resolve(action.status === undefined ? status >= 200 && status < 400 : status === action.status);
      },
    );
    ask.once("error", () => resolve(false));
    ask.end();
  });
}

function lookByTcp(action: Extract<ProbeAction, { kind: "tcp" }>, abort: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: action.host, port: action.port });
    const settle = (ok: boolean): void => {
      abort.removeEventListener("abort", give);
      socket.destroy();
      resolve(ok);
    };
    const give = (): void => settle(false);
    abort.addEventListener("abort", give, { once: true });
    socket.once("connect", () => settle(true));
    socket.once("error", () => settle(false));
  });
}
