import { type Clock, HoldfastError } from "@holdfast/runtime";
import type { Reattached, Run, Runner, RunRequest, StopRequest, StrayRun } from "../../src/runner/runner.ts";
import type { Exit } from "../../src/spec/app-state.ts";

/** A process of a `FakeRunner`, told by the test when and how to end. */
export class FakeRun implements Run {
  readonly pid: number;
  readonly request: RunRequest;
  readonly exited: Promise<Exit>;
  readonly stops: StopRequest[] = [];
  /** False: it ignores the signal and is killed when the grace is over. */
  obeys = true;
  /** What every stop of it fails with, while it is set. */
  refusal: Error | undefined;
  hasExited = false;
  exit: Exit | undefined;
  readonly #exit: (exit: Exit) => void;
  readonly #clock: Clock;

  constructor(pid: number, request: RunRequest, clock: Clock) {
    const { promise, resolve } = Promise.withResolvers<Exit>();
    this.pid = pid;
    this.request = request;
    this.exited = promise;
    this.#exit = resolve;
    this.#clock = clock;
  }

  end(exit: Partial<Exit> = { code: 0 }): void {
    if (this.hasExited) return;
    this.hasExited = true;
    this.exit = { code: null, signal: null, ...exit };
    this.#exit(this.exit);
  }

  stop(request: StopRequest): Promise<Exit> {
    // The signal of a dead daemon.
    if (request.signal === "SIG0") return new Promise(() => undefined);
    this.stops.push(request);
    if (this.refusal !== undefined) return Promise.reject(this.refusal);
    if (this.obeys) this.end({ signal: request.signal });
    else this.#clock.setTimeout(() => this.end({ signal: "SIGKILL" }), request.graceMs);
    return this.exited;
  }
}

/** Starts nothing, and keeps what it was asked for. */
export class FakeRunner implements Runner {
  readonly runs: FakeRun[] = [];
  readonly left = new Map<string, Reattached>();
  failures = new Map<string, string>();
  /** What every launch fails with, while it is set. */
  shortage: HoldfastError | undefined;
  /** Why nothing can be started, while that is so. */
  outage: string | undefined;
  /** Called with the cookie at each launch and each forgetting. */
  onLaunch: (cookie: string) => void = () => undefined;
  onForget: (cookie: string) => void = () => undefined;
  /** How long a launch takes. */
  launchMs = 0;
  readonly #clock: Clock;
  #outlived: readonly FakeRun[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The runs of an app, by the program it names. */
  of(name: string): readonly FakeRun[] {
    return this.runs.filter((run) => run.request.environment["HOLDFAST_APP"] === name);
  }

  /** The last run of an app. */
  last(name: string): FakeRun {
    const run = this.of(name).at(-1);
    if (run === undefined) throw new Error(`${name} was never launched`);
    return run;
  }

  get living(): readonly string[] {
    return this.runs
      .filter((run) => !run.hasExited)
      .map((run) => run.request.environment["HOLDFAST_APP"] ?? "");
  }

  async launch(request: RunRequest): Promise<Run> {
    this.onLaunch(request.cookie);
    if (this.launchMs > 0) await this.#clock.sleep(this.launchMs);
    if (this.shortage !== undefined) {
      throw new HoldfastError("START_FAILED", this.shortage.message, { cause: this.shortage });
    }
    const failure = this.failures.get(request.environment["HOLDFAST_APP"] ?? "");
    if (failure !== undefined) throw new HoldfastError("START_FAILED", failure);
    const run = new FakeRun(1_000 + this.runs.length, request, this.#clock);
    this.runs.push(run);
    return run;
  }

  async reattach(cookie: string): Promise<Reattached> {
    const left = this.left.get(cookie);
    if (left !== undefined) return left;
    const run = this.#outlived.find(({ request }) => request.cookie === cookie);
    if (run === undefined) return { kind: "never-began" };
    return run.exit === undefined ? { kind: "running", run } : { kind: "ended", exit: run.exit };
  }

  /** The runs so far are found by the next daemon, as what has become of them by then. */
  daemonDied(): void {
    this.#outlived = [...this.runs];
  }

  strays(known: ReadonlySet<string>): readonly StrayRun[] {
    return this.#outlived
      .filter(({ hasExited, request }) => !hasExited && !known.has(request.cookie))
      .map(({ pid, request: { cookie, environment } }) => ({
        cookie,
        pid,
        project: environment["HOLDFAST_PROJECT"] ?? "",
        name: environment["HOLDFAST_APP"] ?? "",
        instance: Number(environment["HOLDFAST_INSTANCE"]),
      }));
  }

  isLive(cookie: string): boolean {
    return this.#outlived.some(({ hasExited, request }) => !hasExited && request.cookie === cookie);
  }

  forget(cookie: string): void {
    this.onForget(cookie);
  }
}
