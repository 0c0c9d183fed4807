/** The looks a probe can take at the real world: a command, an HTTP request, a TCP connection. */
import { spawn } from "node:child_process";
import { isIP, type Socket } from "node:net";
import type { Clock, ShutdownToken } from "@holdfast/runtime";
import { argvOf } from "../runner/argv.ts";
import type { Probe, ProbeAction } from "../spec/app-spec.ts";
import { connectTo } from "./connect-to.ts";
import type { Found, Look } from "./probe-loop.ts";

/** Where a command probe runs: the app's own directory and environment. */
export interface LookContext {
  readonly clock: Clock;
  readonly workingDir: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Who holds a port that the app says it uses, if it is somebody else. */
  readonly strangerOn?: (port: number) => string | undefined;
}

/** A look that starts processes and opens connections; what it started is gone when it resolves. */
export function realLook(context: LookContext): Look {
  return (probe, token) =>
    withLimit(probe, context.clock, token, (abort) => look(probe.action, context, abort));
}

function look(action: ProbeAction, context: LookContext, abort: AbortSignal): Promise<Found> {
  switch (action.kind) {
    case "exec":
      return lookByCommand(action, context, abort);
    case "http":
      return lookByHttp(action, abort).then((found) => ofTheApp(found, portOf(new URL(action.url)), context));
    case "tcp":
      return lookByTcp(action, abort).then((found) => ofTheApp(found, action.port, context));
  }
}

/** What a stranger answers says nothing of the app. */
function ofTheApp(found: Found, port: number, { strangerOn }: LookContext): Found {
  const stranger = found.ok ? strangerOn?.(port) : undefined;
  return stranger === undefined ? found : { ok: false, text: `port ${port} is held by ${stranger}` };
}

function portOf({ port, protocol }: URL): number {
  return port === "" ? (protocol === "https:" ? 443 : 80) : Number(port);
}

async function withLimit(
  probe: Probe,
  clock: Clock,
  token: ShutdownToken,
  take: (abort: AbortSignal) => Promise<Found>,
): Promise<Found> {
  const limit = new AbortController();
  let isLate = false;
  const timer = clock.setTimeout(() => {
    isLate = true;
    limit.abort();
  }, probe.timeoutMs);
  const forget = token.onCancel(() => limit.abort());
  try {
    const found = await take(limit.signal);
    return isLate && !found.ok ? { ok: false, text: `no answer within ${seconds(probe.timeoutMs)}` } : found;
  } finally {
    clock.clearTimeout(timer);
    forget();
  }
}

function lookByCommand(
  action: Extract<ProbeAction, { kind: "exec" }>,
  context: LookContext,
  abort: AbortSignal,
): Promise<Found> {
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
    const settle = (ok: boolean, text: string): void => {
      abort.removeEventListener("abort", kill);
      kill();
      resolve({ ok: ok && !abort.aborted, text });
    };
    child.once("error", (error) => settle(false, errorText(error)));
    child.once("exit", (code, signal) =>
      settle(code === 0, code === null ? `was killed by ${signal}` : `exited with code ${code}`),
    );
  });
}

async function lookByHttp(
  action: Extract<ProbeAction, { kind: "http" }>,
  abort: AbortSignal,
): Promise<Found> {
  const url = new URL(action.url);
  // Loaded when first needed: it costs a third of the daemon's start.
  const { request } = url.protocol === "https:" ? await import("node:https") : await import("node:http");
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
  let socket: Socket;
  try {
    socket = await connectTo({ host, port: portOf(url) }, abort);
    if (url.protocol === "https:") {
      const servername = isIP(host) === 0 ? host : "";
      socket = (await import("node:tls")).connect({ socket, host, servername });
    }
  } catch (error) {
    return failed(error);
  }
  return await new Promise((resolve) => {
    const ask = request(
      url,
      { method: action.method, headers: action.headers, signal: abort, createConnection: () => socket },
      (reply) => {
        const status = reply.statusCode ?? 0;
        reply.resume();
        reply.destroy();
        const ok = action.status === undefined ? status >= 200 && status < 400 : status === action.status;
        resolve({
          ok,
          text: action.status === undefined || ok ? `${status}` : `${status}, and not ${action.status}`,
        });
      },
    );
    ask.once("error", (error) => resolve(failed(error)));
    ask.end();
  });
}

async function lookByTcp(action: Extract<ProbeAction, { kind: "tcp" }>, abort: AbortSignal): Promise<Found> {
  try {
    (await connectTo(action, abort)).destroy();
    return { ok: true, text: "connected" };
  } catch (error) {
    return failed(error);
  }
}

const errorTexts: ReadonlyMap<string | undefined, string> = new Map([
  ["ECONNREFUSED", "connection refused"],
  ["ECONNRESET", "connection reset"],
  ["ENOTFOUND", "its name is not known"],
  ["ENOENT", "there is no such program"],
  ["EACCES", "permission denied"],
]);

function failed(error: unknown): Found {
  return { ok: false, text: errorText(error as NodeJS.ErrnoException) };
}

/** Why it could not be asked, as briefly as the system can say it. */
function errorText({ code, message }: NodeJS.ErrnoException): string {
  return errorTexts.get(code) ?? (message === "" ? (code ?? "failed") : message);
}

function seconds(ms: number): string {
  return `${Number((ms / 1_000).toFixed(3))} s`;
}
