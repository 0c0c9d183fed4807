import { type ChildProcess, spawn } from "node:child_process";
import { accessSync, closeSync, constants, openSync, statSync, writeFileSync } from "node:fs";
import { join, resolve as resolvePath } from "node:path";
import type { Clock } from "@holdfast/runtime";
import type { ProcessIdentity } from "../process/identity.ts";
import type { RunDirectory } from "../run-directory.ts";
import type { RunRecord } from "../run-record.ts";
import { isExecutable } from "./is-executable.ts";
import { checkRequest } from "./launch-frame.ts";
import { launched } from "./launched.ts";
import type { Launcher, LaunchRequest } from "./launcher.ts";
import { shimProgram } from "./shim-program.ts";
import { spawnFailed, spawnFailedBy } from "./spawn-failed.ts";

export interface ShimOptions {
  readonly runDirectory: RunDirectory;
  readonly clock: Clock;
  /** The path of `setsid`. */
  readonly setsid: string;
  /** How long a launch may take; 10,000. */
  readonly timeoutMs?: number;
}

/**
 * The launcher of machines without perl: one `/bin/sh` per app. What differs from the keeper: an explicit exit with
 * 143 cannot be told from SIGTERM; a program whose interpreter is missing ends with 127 and is no failed launch;
 * variables whose names a shell does not know are dropped; files the daemon itself inherited with numbers above 9 stay
 * open; `user`, `groups`, `resourceLimits` and `notify` are refused; the pid is told a moment before exec.
 */
export class ShimLauncher implements Launcher {
  readonly kind = "shim";
  readonly #options: ShimOptions;
  readonly #program: string;
  readonly #inFlight = new Set<Promise<unknown>>();
  #disposed = false;

  constructor(options: ShimOptions) {
    this.#options = options;
    this.#program = shimProgram(options.setsid);
  }

  async launch(request: LaunchRequest): Promise<ProcessIdentity> {
    checkRequest(request);
    if (this.#disposed) throw new TypeError("the launcher is disposed");
    const launched = this.#launch(request);
    const settled = launched.then(
      () => {},
      () => {},
    );
    this.#inFlight.add(settled);
    try {
      return await launched;
    } finally {
      this.#inFlight.delete(settled);
    }
  }

  unavailable(): string | undefined {
    const { setsid } = this.#options;
    return isExecutable(setsid) ? undefined : `${setsid} is gone or cannot be executed: install util-linux`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed = true;
    await Promise.all(this.#inFlight);
  }

  async #launch(request: LaunchRequest): Promise<ProcessIdentity> {
    const { runDirectory, clock, timeoutMs = 10_000 } = this.#options;
    preflight(request);
    const { promise, resolve, reject } = Promise.withResolvers<RunRecord>();
    const outputs = attempt(request, "output", () => openOutputs(request));
    try {
      // Says that a program may appear, to a daemon that comes after a crash of this one.
      attempt(request, "record", () => writeFileSync(this.#record(request, "pid"), "", { mode: 0o600 }));
      const shim = attempt(request, "shim", () => this.#spawn(request, outputs));
      shim.once("error", (error) => {
        runDirectory.remove(request.cookie);
        reject(spawnFailedBy(request, "shim", error));
      });
      shim.unref();
    } catch (error) {
      runDirectory.remove(request.cookie);
      throw error;
    } finally {
      for (const output of new Set(outputs)) closeSync(output);
    }
    const leave = runDirectory.follow(request.cookie, resolve);
    const timer = clock.setTimeout(() => {
      reject(spawnFailed(request, { phase: "timeout", errno: 0, error: "ETIMEDOUT" }));
    }, timeoutMs);
    try {
      return launched(request, await promise, runDirectory);
    } finally {
      leave();
      clock.clearTimeout(timer);
    }
  }

  #spawn(request: LaunchRequest, outputs: readonly [number, number]): ChildProcess {
    const unset = ["PWD", "OLDPWD", "SHLVL"].filter((name) => !(name in request.env)).join(" ");
    const args = [
      this.#record(request, ""),
      (request.cgroups ?? []).join("\n"),
      request.cwd,
      unset,
      ...request.argv,
    ];
    return spawn("/bin/sh", ["-c", this.#program, "holdfast-shim", ...args], {
      detached: true,
      cwd: "/",
      env: request.env,
      stdio: ["ignore", ...outputs],
    });
  }

  #record(request: LaunchRequest, ending: string): string {
    return join(this.#options.runDirectory.path, ending ? `${request.cookie}.${ending}` : request.cookie);
  }
}

/** Those of stdout and stderr, which are one where it writes to one. */
function openOutputs({ output, errorOutput }: LaunchRequest): readonly [number, number] {
  const out = openSync(output, "a", 0o600);
  if (errorOutput === undefined) return [out, out];
  try {
    return [out, openSync(errorOutput, "a", 0o600)];
  } catch (error) {
    closeSync(out);
    throw error;
  }
}

/** A shell tells too little of why it failed, so what can be seen beforehand is. */
function preflight(request: LaunchRequest): void {
  const unsupported = { errno: 95, error: "ENOTSUP" };
  if (request.user !== undefined || request.groups !== undefined) {
    throw spawnFailed(request, { phase: "user", ...unsupported });
  }
  if (request.resourceLimits !== undefined) throw spawnFailed(request, { phase: "rlimit", ...unsupported });
  if (request.notify === true) throw spawnFailed(request, { phase: "notify", ...unsupported });
  attempt(request, "chdir", () => {
    if (!statSync(request.cwd).isDirectory())
      throw Object.assign(new Error("no directory"), { code: "ENOTDIR" });
    accessSync(request.cwd, constants.X_OK);
  });
  attempt(request, "exec", () => findProgram(request));
}

function findProgram({ argv: [program], env, cwd }: LaunchRequest): void {
  const search = env["PATH"] ?? "/usr/local/bin:/usr/bin:/bin";
  const directories = program.includes("/") ? [""] : search.split(":");
  const candidates = directories.map((directory) => resolvePath(cwd, directory, program));
  let found: unknown;
  for (const candidate of candidates) {
    try {
      accessSync(candidate, constants.X_OK);
      if (statSync(candidate).isFile()) return;
      found = Object.assign(new Error(`${candidate} is no file`), { code: "EACCES" });
    } catch (error) {
      const { code } = error as { code?: unknown };
      if (found === undefined || code !== "ENOENT") found = error;
    }
  }
  throw found;
}

function attempt<T>(request: LaunchRequest, phase: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw spawnFailedBy(request, phase, error);
  }
}
