import { type ChildProcess, spawn } from "node:child_process";
import type { Clock, Timer } from "@holdfast/runtime";
import type { ProcessIdentity } from "../process/identity.ts";
import type { RunDirectory } from "../run-directory.ts";
import type { RunRecord } from "../run-record.ts";
import { isExecutable } from "./is-executable.ts";
import { KEEPER_PROGRAM } from "./keeper-program.ts";
import { checkRequest, encodeFrame } from "./launch-frame.ts";
import { launched } from "./launched.ts";
import type { Launcher, LaunchRequest } from "./launcher.ts";
import { spawnFailed, spawnFailedBy } from "./spawn-failed.ts";

export interface KeeperOptions {
  readonly runDirectory: RunDirectory;
  readonly clock: Clock;
  /** The interpreter. */
  readonly perl: string;
  /** How long a launch may take; 10,000. */
  readonly timeoutMs?: number;
}

interface InFlight {
  readonly request: LaunchRequest;
  readonly settle: (record: RunRecord) => void;
  readonly fail: (error: Error) => void;
  readonly done: Promise<unknown>;
  tries: number;
}

/** `prctl rt_sigprocmask signalfd4 setsid prlimit64 recvmsg clock_gettime clone3`; where they are not known the keeper does without. */
const systemCalls: Readonly<Record<string, readonly number[]>> = {
  x64: [157, 14, 289, 112, 302, 47, 228, 435],
  arm64: [167, 135, 74, 157, 261, 212, 113, 435],
  riscv64: [167, 135, 74, 157, 261, 212, 113, 435],
  loong64: [167, 135, 74, 157, 261, 212, 113, 435],
};

/** A keeper that dies at once, three times in a row, is not going to live. */
const mostTries = 3;

/** The launcher that goes through one small perl process; see `keeper-program.ts`. Starts it at once. */
export class KeeperLauncher implements Launcher {
  readonly kind = "keeper";
  readonly #options: KeeperOptions;
  readonly #inFlight = new Map<string, InFlight>();
  #keeper: ChildProcess | undefined;
  #disposed = false;

  constructor(options: KeeperOptions) {
    this.#options = options;
    // A failure to start it now is met, and told, at the first launch.
    this.#start();
  }

  async launch(request: LaunchRequest): Promise<ProcessIdentity> {
    checkRequest(request);
    if (this.#disposed) throw new TypeError("the launcher is disposed");
    if (this.#inFlight.has(request.cookie)) throw new TypeError(`${request.cookie} is being launched`);
    const { promise, resolve, reject } = Promise.withResolvers<RunRecord>();
    const entry = { request, settle: resolve, fail: reject, done: promise.catch(() => {}), tries: 0 };
    this.#inFlight.set(request.cookie, entry);
    const leave = this.#options.runDirectory.follow(request.cookie, resolve);
    const timer = this.#armTimeout(entry);
    try {
      this.#send(entry);
      return launched(request, await promise, this.#options.runDirectory);
    } finally {
      leave();
      this.#options.clock.clearTimeout(timer);
      this.#inFlight.delete(request.cookie);
    }
  }

  unavailable(): string | undefined {
    const { perl } = this.#options;
    if (this.#keeper !== undefined || isExecutable(perl)) return undefined;
    return `${perl} is gone or cannot be executed: install perl-base`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed = true;
    await Promise.all([...this.#inFlight.values()].map(({ done }) => done));
    this.#keeper?.stdin?.end();
    this.#keeper = undefined;
  }

  #armTimeout(entry: InFlight): Timer {
    const { clock, timeoutMs = 10_000 } = this.#options;
    return clock.setTimeout(() => {
      entry.fail(spawnFailed(entry.request, { phase: "timeout", errno: 0, error: "ETIMEDOUT" }));
    }, timeoutMs);
  }

  #send(entry: InFlight): void {
    entry.tries++;
    const keeper =
      this.#keeper ?? this.#start((cause) => entry.fail(spawnFailedBy(entry.request, "keeper", cause)));
    keeper?.stdin?.write(encodeFrame(entry.request));
  }

  #start(onFailure: (cause: unknown) => void = () => {}): ChildProcess | undefined {
    const { perl, runDirectory } = this.#options;
    const numbers = (systemCalls[process.arch] ?? []).map(String);
    let keeper: ChildProcess;
    try {
      // Not as an argument: a list of processes would show all of the program.
      keeper = spawn(
        perl,
        ["-e", "eval $ENV{HOLDFAST_KEEPER}; die $@ if $@", runDirectory.path, ...numbers],
        {
          stdio: ["pipe", "ignore", "ignore"],
          detached: true,
          cwd: "/",
          env: { HOLDFAST_KEEPER: KEEPER_PROGRAM },
        },
      );
    } catch (error) {
      onFailure(error);
      return undefined;
    }
    this.#keeper = keeper;
    // It is meant to be left behind; what keeps us alive is a launch in flight.
    keeper.unref();
    const { stdin } = keeper;
    if (stdin && "unref" in stdin && typeof stdin.unref === "function") stdin.unref();
    // A broken pipe only says that it died, and `exit` says that too.
    stdin?.on("error", () => {});
    keeper.once("error", (error) => this.#onGone(keeper, error));
    keeper.once("exit", (code, signal) => {
      this.#onGone(keeper, new Error(`the keeper ended with ${signal ?? `code ${code}`}`));
    });
    return keeper;
  }

  /** The empty pid file comes before the fork, so a launch without any file did not happen and can be repeated. */
  #onGone(keeper: ChildProcess, cause: Error): void {
    if (this.#keeper !== keeper) return;
    this.#keeper = undefined;
    for (const entry of this.#inFlight.values()) {
      const record = this.#options.runDirectory.read(entry.request.cookie);
      if (record.pid !== undefined || record.exit) entry.settle(record);
      else if (record.starting || entry.tries >= mostTries) {
        entry.fail(spawnFailedBy(entry.request, "keeper", cause));
      } else this.#send(entry);
    }
  }
}
