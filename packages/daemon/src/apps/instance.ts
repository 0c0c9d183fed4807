import {
  type Clock,
  HoldfastError,
  type Random,
  type ShutdownToken,
  type TaskRegistry,
} from "@holdfast/runtime";
import type { LineWatch } from "../logs/line-watch.ts";
import { firstChecked, runChecks } from "../probes/checks.ts";
import type { Look } from "../probes/probe-loop.ts";
import type { Run, Runner, StopRequest } from "../runner/runner.ts";
import type { AppSpec } from "../spec/app-spec.ts";
import type { WaitingFor } from "../spec/app-state.ts";
import type { AppStore, RecordPatch } from "../store/app-store.ts";
import { type InstanceKey, type InstanceRecord, keyText } from "../store/instance-record.ts";
import { decideAfterExit, type EndedRun, noRestarts, type RestartHistory } from "./exit-decision.ts";
import type { Life, LifeBeginning } from "./life.ts";
import { type AppEvent, isUp, nextState } from "./next-state.ts";
import { nextRunAt } from "./schedule.ts";

/** What an instance is given to live in. */
export interface InstanceWorld {
  readonly clock: Clock;
  readonly random: Random;
  readonly runner: Runner;
  readonly store: AppStore;
  readonly tasks: TaskRegistry;
  /** Resolves `met`, or `impossible` with the reason, or `cancelled`; tells each change of what is missing. */
  dependencies(
    spec: AppSpec,
    token: ShutdownToken,
    onWaiting: (waitingFor: readonly WaitingFor[]) => void,
  ): Promise<
    { readonly kind: "met" | "cancelled" } | { readonly kind: "impossible"; readonly reason: string }
  >;
  readonly look: (spec: AppSpec) => Look;
  /** Where a run's output is appended to, which can be written now. `offset` is its length now. */
  prepareOutput(
    spec: AppSpec,
    key: InstanceKey,
    sharesFile: boolean,
  ): { readonly path: string; readonly offset: number };
  /** A run has begun: its output is watched until `closeOutput`. */
  openOutput(key: InstanceKey): void;
  /** The run has ended: no more output comes. */
  closeOutput(key: InstanceKey): void;
  watchLine(
    key: InstanceKey,
    what: { readonly offset: number; readonly text: string; readonly token: ShutdownToken },
  ): LineWatch;
  /** The whole environment of one run. */
  environment(spec: AppSpec, key: InstanceKey): Readonly<Record<string, string>>;
  stopRequest(spec: AppSpec, key: InstanceKey, run: Run): StopRequest;
  /** True when the project ends with the first of its apps. */
  abortsOnExit(): boolean;
  /** True when more than one instance writes to the file that the spec names. */
  sharesLogFile(spec: AppSpec): boolean;
  /** Told when an instance came to rest by itself: it ended, or it was never started because of its dependencies. */
  rested(key: InstanceKey, how: "completed" | "failed" | "skipped"): void;
}

/** Drives one instance: it owns the run, and the store has its state. */
export class Instance {
  readonly key: InstanceKey;
  readonly #world: InstanceWorld;
  #spec: AppSpec;
  #life: Life | undefined;
  /** Grows with each wish; whoever waited and finds it changed was overtaken. */
  #wish = 0;

  constructor(key: InstanceKey, spec: AppSpec, world: InstanceWorld) {
    this.key = key;
    this.#spec = spec;
    this.#world = world;
  }

  get record(): InstanceRecord {
    return this.#world.store.get(this.key);
  }

  /** True while it runs, or will run without being asked again. */
  get isAlive(): boolean {
    return this.#life !== undefined && !this.#life.token.isCancelled;
  }

  /** The next start uses this spec. */
  respecify(spec: AppSpec): void {
    this.#spec = spec;
  }

  /** Resolves when it was launched (a scheduled one: when its time is set). Joins a start under way. */
  async start(): Promise<void> {
    const wish = ++this.#wish;
    if (this.#life?.token.isCancelled) {
      await this.#life.gone.promise;
      this.#expect(wish);
    }
    this.#life ??= this.#begin({ kind: this.#spec.schedule === undefined ? "start" : "schedule" });
    await this.#life.launched.promise;
  }

  /** From now on nothing of it is started; what runs goes on until the returned function is called. */
  prepareStop(): (timeoutMs?: number) => Promise<void> {
    const life = this.#life;
    this.#wish++;
    if (life === undefined) return () => Promise.resolve();
    this.#patch({ wanted: false, next: null });
    this.#apply({ type: "stop-asked" });
    life.token.cancel({ kind: "rpc-requested", message: `${this.key.name} is being stopped` });
    return (timeoutMs) => this.#end(life, timeoutMs);
  }

  /** Resolves when nothing of it is left. A later call with less time shortens the grace. */
  stop(timeoutMs?: number): Promise<void> {
    return this.prepareStop()(timeoutMs);
  }

  /** Stops it, if it is up, and starts it. Resolves when it was launched again. */
  async restart(timeoutMs?: number): Promise<void> {
    const wish = ++this.#wish;
    const life = this.#life;
    this.#apply({ type: "restart-asked" });
    if (life !== undefined) {
      life.token.cancel({ kind: "reload-requested", message: `${this.key.name} is being restarted` });
      await this.#end(life, timeoutMs);
      this.#expect(wish);
    }
    this.#life = this.#begin({ kind: "start" });
    await this.#life.launched.promise;
  }

  /** Takes up what an earlier daemon left: a run that goes on, an end that nobody saw, a wait. */
  async resume(): Promise<void> {
    const { record } = this;
    const wasEnding = record.state.kind === "stopping";
    const left =
      record.cookie === null
        ? ({ kind: "never-began" } as const)
        : await this.#world.runner.reattach(record.cookie, this.#spec.forks);
    if (left.kind === "running") {
      this.#life = this.#begin({ kind: "adopt", run: left.run });
      if (wasEnding) await this.stop();
      return;
    }
    this.#patch({ pid: null });
    if (wasEnding || !record.wanted) {
      this.#apply({ type: "stopped", ...(left.kind === "ended" ? { exit: left.exit } : {}) });
      return;
    }
    if (this.#spec.schedule !== undefined && !isUp(record.state)) {
      this.#life = this.#begin({ kind: "schedule" });
    } else if (record.state.kind === "backoff") {
      const delayMs = Math.max(0, record.state.until - this.#world.clock.now());
      this.#life = this.#begin({ kind: "wait", delayMs });
    } else if (left.kind === "ended" && record.state.kind === "running") {
      this.#life = this.#begin({ kind: "ended", exit: left.exit });
    } else {
      this.#life = this.#begin({ kind: "start" });
    }
  }

  #begin(from: LifeBeginning): Life {
    const { tasks } = this.#world;
    const token = tasks.token.childToken();
    const launched = Promise.withResolvers<void>();
    // A start that nobody waits for may fail too.
    launched.promise.catch(() => undefined);
    const life: Life = {
      token,
      launched,
      over: Promise.resolve(),
      launching: undefined,
      run: undefined,
      gone: Promise.withResolvers(),
      isEnding: false,
    };
    this.#patch({
      wanted: true,
      restarts: from.kind === "start" ? 0 : this.record.restarts,
      lastError: null,
    });
    if (from.kind === "start") this.#apply({ type: "start-asked" });
    life.over = tasks
      .spawn(`app ${keyText(this.key)}`, { kind: "background-loop" }, () => this.#live(life, from))
      .done.then(() => {
        life.launched.reject(overtaken(this.key));
        if (!token.isCancelled && this.#life === life) this.#life = undefined;
      });
    return life;
  }

  /** Ends a cancelled life, once: the run it has, and the one it may be launching. */
  #end(life: Life, timeoutMs?: number): Promise<void> {
    const request = (run: Run): StopRequest => {
      const usual = this.#world.stopRequest(this.#spec, this.key, run);
      return timeoutMs === undefined ? usual : { ...usual, graceMs: timeoutMs };
    };
    if (!life.isEnding) {
      life.isEnding = true;
      void this.#endOnce(life, request).then(life.gone.resolve, life.gone.reject);
    } else if (life.run !== undefined && timeoutMs !== undefined) {
      void life.run.stop(request(life.run));
    }
    return life.gone.promise;
  }

  async #endOnce(life: Life, request: (run: Run) => StopRequest): Promise<void> {
    await life.launching;
    const exit = await life.run?.stop(request(life.run));
    await life.over;
    this.#world.closeOutput(this.key);
    this.#forget();
    if (this.#life === life) this.#life = undefined;
    // Before anyone who waits for the end goes on: a start that follows finds the state that it starts from.
    this.#apply({ type: "stopped", ...(exit === undefined ? {} : { exit }) }, { pid: null });
  }

  async #live(life: Life, from: LifeBeginning): Promise<void> {
    const { schedule } = this.#spec;
    if (schedule === undefined) {
      await this.#keepUp(life, from);
      return;
    }
    if (from.kind !== "schedule" || schedule.immediate) {
      await this.#keepUp(life, from.kind === "schedule" ? { kind: "start" } : from);
    }
    life.launched.resolve();
    while (!life.token.isCancelled) {
      const at = nextRunAt(schedule, this.#world.clock.now());
      if (at === undefined) return;
      this.#patch({ next: at });
      if ((await this.#sleepUntil(at, life.token)) === "cancelled") return;
      this.#patch({ restarts: 0 });
      await this.#keepUp(life, { kind: "start" });
    }
  }

  /** Keeps it up until it rests, fails, or its life is cancelled. */
  async #keepUp(life: Life, from: LifeBeginning): Promise<void> {
    const { clock, random } = this.#world;
    let history: RestartHistory = noRestarts;
    let run = from.kind === "adopt" ? from.run : undefined;
    let ended: EndedRun | undefined =
      from.kind === "ended" ? { exit: from.exit, livedMs: 0, at: clock.monotonic() } : undefined;
    if (from.kind === "wait" && (await clock.sleep(from.delayMs, life.token)) === "cancelled") return;
    for (;;) {
      if (ended === undefined) {
        run ??= await this.#launch(life);
        if (run === undefined) return;
        life.run = run;
        this.#world.openOutput(this.key);
        this.#apply({ type: "launched", ...firstChecked(this.#spec) }, { pid: run.pid });
        life.launched.resolve();
        ended = await this.#watch(life, run);
        if (ended === undefined) return;
        life.run = undefined;
        this.#world.closeOutput(this.key);
        this.#forget();
      }
      const decision = decideAfterExit(this.#policy(), ended, history, random);
      const { exit } = ended;
      switch (decision.kind) {
        case "rest":
          this.#rest({ type: "completed", exit }, "completed");
          return;
        case "give-up":
          this.#rest({ type: "gave-up", reason: decision.reason, exit }, "failed");
          return;
        case "restart": {
          history = decision.history;
          const until = clock.now() + decision.delayMs;
          const restarts = this.record.restarts + 1;
          this.#apply(
            { type: "crashed", exit, until, attempt: history.inARow },
            { pid: null, restarts, next: until },
          );
          if (decision.delayMs > 0 && (await clock.sleep(decision.delayMs, life.token)) === "cancelled")
            return;
          run = undefined;
          ended = undefined;
        }
      }
    }
  }

  /** Its own policy, unless any exit is to end the project: then nothing is started again. */
  #policy(): AppSpec {
    if (!this.#world.abortsOnExit()) return this.#spec;
    return { ...this.#spec, restart: { ...this.#spec.restart, when: "never" } };
  }

  /** Waits for what it needs and launches it; undefined when it failed or the life was cancelled meanwhile. */
  async #launch(life: Life): Promise<Run | undefined> {
    const { dependencies, store } = this.#world;
    this.#apply({ type: "start-asked" }, { next: null });
    const verdict = await dependencies(this.#spec, life.token, (waitingFor) =>
      this.#apply({ type: "waiting", waitingFor }),
    );
    if (life.token.isCancelled) return undefined;
    if (verdict.kind === "impossible") {
      this.#failStart(
        life,
        new HoldfastError("START_FAILED", `${this.key.name} ${verdict.reason}`),
        "skipped",
      );
      return undefined;
    }
    const cookie = this.#world.random.uuid();
    try {
      const output = this.#world.prepareOutput(this.#spec, this.key, this.#world.sharesLogFile(this.#spec));
      // Written before it is launched: whoever comes after a crash knows what to look for.
      this.#patch({ cookie, pid: null, sawReadyLine: false, outputFrom: output.offset });
      await store.saved();
      if (life.token.isCancelled) return undefined;
      const { command, workingDir, user, forks } = this.#spec;
      const launching = this.#world.runner.launch({
        cookie,
        command,
        workingDir,
        environment: this.#world.environment(this.#spec, this.key),
        output: output.path,
        forks,
        ...(user === undefined ? {} : { user }),
      });
      life.launching = launching.then(
        (run) => {
          life.run = run;
        },
        () => undefined,
      );
      const run = await launching;
      return life.token.isCancelled ? undefined : run;
    } catch (error) {
      if (!life.token.isCancelled) this.#failStart(life, error);
      return undefined;
    }
  }

  /** Resolves when the run has ended by itself; undefined when its life was cancelled first. */
  async #watch(life: Life, run: Run): Promise<EndedRun | undefined> {
    const { clock, look } = this.#world;
    const token = life.token.childToken();
    const startedAt = clock.monotonic();
    const line = this.#watchLine(token);
    let died: string | undefined;
    const checking = runChecks(
      this.#spec,
      { clock, look: look(this.#spec), token, readyLine: this.#seen(line) },
      {
        onChecked: (checked) => this.#apply({ type: "checked", ...checked }),
        onDead: (probe) => {
          died = `its ${probe} probe failed`;
          void run.stop(this.#world.stopRequest(this.#spec, this.key, run));
        },
      },
    );
    const exit = await Promise.race([run.exited, life.token.cancelled.then(() => undefined)]);
    // The line may have been the last thing it wrote.
    if (exit !== undefined && line?.look() === true) this.#patch({ sawReadyLine: true });
    token.cancel({ kind: "requested-by-run", message: "the run has ended" });
    await checking;
    if (exit === undefined || life.token.isCancelled) return undefined;
    const at = clock.monotonic();
    return { exit, livedMs: at - startedAt, at, ...(died === undefined ? {} : { failed: died }) };
  }

  #watchLine(token: ShutdownToken): LineWatch | undefined {
    const { readyLogLine: text } = this.#spec;
    if (text === undefined) return undefined;
    return this.#world.watchLine(this.key, { offset: this.record.outputFrom, text, token });
  }

  async #seen(line: LineWatch | undefined): Promise<void> {
    await line?.seen;
    this.#patch({ sawReadyLine: true });
  }

  async #sleepUntil(at: number, token: ShutdownToken): Promise<"elapsed" | "cancelled"> {
    const { clock } = this.#world;
    // In steps, so that a wall clock that is set meanwhile is noticed.
    for (let left = at - clock.now(); left > 0; left = at - clock.now()) {
      if ((await clock.sleep(Math.min(left, 30_000), token)) === "cancelled") return "cancelled";
    }
    return token.isCancelled ? "cancelled" : "elapsed";
  }

  #rest(event: AppEvent, how: "completed" | "failed"): void {
    const scheduled = this.#spec.schedule !== undefined;
    this.#apply(event, { pid: null, ...(scheduled ? {} : { wanted: false }) });
    this.#world.rested(this.key, how);
  }

  #failStart(life: Life, error: unknown, how: "failed" | "skipped" = "failed"): void {
    const failure =
      error instanceof HoldfastError
        ? error
        : new HoldfastError("START_FAILED", String(error), { cause: error });
    this.#apply(
      { type: "start-failed", reason: failure.message },
      { lastError: failure.message, ...(this.#spec.schedule === undefined ? { wanted: false } : {}) },
    );
    life.launched.reject(failure);
    this.#world.rested(this.key, how);
  }

  #forget(): void {
    const { cookie } = this.record;
    // The runner's own record goes when ours is on the disk: until then it is the only proof of how the run ended.
    if (cookie !== null) this.#world.store.onceSaved(() => this.#world.runner.forget(cookie));
  }

  #expect(wish: number): void {
    if (wish !== this.#wish) throw overtaken(this.key);
  }

  #apply(event: AppEvent, patch: RecordPatch = {}): void {
    const { state } = this.record;
    const next = nextState(state, event);
    if (next === state && Object.keys(patch).length === 0) return;
    const lastError = next.kind === "failed" && next !== state ? { lastError: next.reason } : {};
    this.#world.store.update(this.key, { ...lastError, ...patch, state: next });
  }

  #patch(patch: RecordPatch): void {
    this.#world.store.update(this.key, patch);
  }
}

function overtaken(key: InstanceKey): HoldfastError {
  return new HoldfastError("OVERTAKEN", `${key.name} was told otherwise before this was done`);
}
