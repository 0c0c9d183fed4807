import { HoldfastError } from "@holdfast/runtime";
import { failpoint } from "@holdfast/runtime/failpoints";
import { type Because, follows } from "../events/because.ts";
import { firstChecked } from "../probes/checks.ts";
import type { Run, StopRequest } from "../runner/runner.ts";
import type { AppSpec } from "../spec/app-spec.ts";
import type { Exit } from "../spec/app-state.ts";
import type { RecordPatch } from "../store/app-store.ts";
import {
  type InstanceKey,
  type InstanceRecord,
  keyText,
  sinceLaunch,
  withExit,
} from "../store/instance-record.ts";
import { InstanceEntry } from "./instance-entry.ts";
import type { InstanceWorld } from "./instance-world.ts";
import { keepSchedule } from "./keep-schedule.ts";
import { keepUp } from "./keep-up.ts";
import type { Life, LifeBeginning } from "./life.ts";
import { isBegun, isUp } from "./next-state.ts";

/** How a stop is prepared. */
interface StopPreparation {
  /** The longest that it can take. */
  readonly budgetMs?: number | undefined;
  readonly forGood?: boolean;
}

/** Drives one instance: it owns the run, and the store has its state. */
export class Instance {
  readonly #entry: InstanceEntry;
  #life: Life | undefined;
  /** Grows with each wish; whoever waited and finds it changed was overtaken. */
  #wish = 0;
  /** The wish of a start that waits for the end of a stop. */
  #waiting: number | undefined;

  constructor(key: InstanceKey, spec: AppSpec, world: InstanceWorld) {
    this.#entry = new InstanceEntry(key, spec, world);
  }

  get key(): InstanceKey {
    return this.#entry.key;
  }

  get record(): InstanceRecord {
    return this.#entry.record;
  }

  /** True while it runs, or will run without being asked again. */
  get isAlive(): boolean {
    return this.#life !== undefined && !this.#life.token.isCancelled;
  }

  /** True while it is being stopped and was told to start once that is done. */
  get willStart(): boolean {
    return this.#waiting === this.#wish;
  }

  /** The next start uses this spec. */
  respecify(spec: AppSpec): void {
    this.#entry.spec = spec;
    this.#entry.world.keepOutput(spec, this.key);
  }

  /** Resolves when it was launched (a scheduled one: when its time is set). Joins a start under way. */
  async start(because: Because): Promise<void> {
    const wish = this.willStart ? this.#wish : ++this.#wish;
    if (this.#life?.token.isCancelled) {
      this.#waiting = wish;
      await this.#life.gone.promise;
      this.#expect(wish);
      this.#waiting = undefined;
    }
    const kind = this.#entry.spec.schedule === undefined ? "start" : "schedule";
    this.#life ??= this.#begin({ kind, because: { ...because, begins: true } });
    await this.#life.launched.promise;
  }

  /**
   * From now on nothing of it is started; what runs goes on until the returned function is called. `forGood`: it is
   * being removed; `removal` or `keep` follows.
   */
  prepareStop(
    because: Because,
    { budgetMs = this.#entry.spec.stop.graceMs, forGood = false }: StopPreparation = {},
  ): (timeoutMs?: number) => Promise<void> {
    const life = this.#life;
    this.#wish++;
    const begun = { ...because, begins: true } as const;
    const patch = { wanted: false, next: null, budgetMs };
    if (forGood) this.#entry.apply({ type: "removal", stage: "stopping" }, patch, begun);
    if (life === undefined) return () => Promise.resolve();
    this.#entry.apply({ type: "stop-asked" }, patch, begun);
    failpoint("stop.asked");
    life.token.cancel({ kind: "rpc-requested", message: `${this.key.name} is being stopped` });
    return (timeoutMs) => this.#end(life, timeoutMs);
  }

  /** Resolves when nothing of it is left. A later call with less time shortens the grace. */
  stop(because: Because, timeoutMs?: number): Promise<void> {
    return this.prepareStop(because, timeoutMs === undefined ? {} : { budgetMs: timeoutMs })(timeoutMs);
  }

  /** It is being stopped, or will be once others are: in so much time at most. */
  hurry(timeoutMs: number): void {
    const life = this.#life;
    if (life === undefined) return;
    life.graceMs = timeoutMs;
    if (life.isEnding) void this.#end(life, timeoutMs);
  }

  /** It is stopped for good; what is done with it now. */
  removal(stage: string): void {
    this.#entry.apply({ type: "removal", stage });
  }

  /** Its removal came to nothing: it is stopped, or being stopped if something of it still runs, and stays. */
  keep(): void {
    this.#entry.apply({ type: "removal-failed" });
    if (this.#life === undefined) this.#entry.apply({ type: "stopped" });
  }

  /** Stops it, if it is up, and starts it. Resolves when it was launched again. */
  async restart(because: Because, timeoutMs?: number): Promise<void> {
    if (this.#entry.spec.schedule !== undefined) {
      // Between its runs it is up as a schedule only: there is nothing to be launched again.
      const stopped = this.stop(because, timeoutMs);
      const wish = this.#wish;
      await stopped;
      this.#expect(wish);
      await this.start(because);
      return;
    }
    const wish = ++this.#wish;
    const life = this.#life;
    this.#entry.apply(
      { type: "restart-asked" },
      { restartHistory: null, budgetMs: timeoutMs ?? this.#entry.spec.stop.graceMs },
      { ...because, begins: true },
    );
    if (life !== undefined) {
      life.token.cancel({ kind: "reload-requested", message: `${this.key.name} is being restarted` });
      failpoint("restart.asked");
      await this.#end(life, timeoutMs);
      failpoint("restart.stopped");
      this.#expect(wish);
    }
    this.#life = this.#begin({ kind: "start", because: follows });
    await this.#life.launched.promise;
  }

  /**
   * Takes up what an earlier daemon left: a run that goes on, an end that nobody saw, a wait. One that was being
   * stopped is still `stopping` afterwards, and one that was being removed `removing`: it is to be gone on with.
   */
  async resume(): Promise<void> {
    failpoint("resume.instance");
    const { record } = this;
    const wasEnding = record.state.kind === "stopping" || record.state.kind === "removing";
    const left =
      record.cookie === null
        ? ({ kind: "never-began" } as const)
        : await this.#entry.world.runner.reattach(record.cookie, this.#entry.spec.forks);
    failpoint("resume.reattached");
    if (left.kind === "running") {
      this.#life = this.#begin({ kind: "adopt", run: left.run });
      // Whoever goes on with the stop ends it: it may have to wait for others.
      if (wasEnding) this.prepareStop(follows, { budgetMs: record.budgetMs ?? undefined });
      return;
    }
    this.#entry.patch({ pid: null });
    this.#entry.runIsOver();
    if (wasEnding || !record.wanted) {
      if (wasEnding && left.kind === "ended") this.#entry.ended(left.exit, "stopped");
      this.#entry.apply(
        { type: "stopped", ...(left.kind === "ended" ? { exit: left.exit } : {}) },
        {},
        foundOver,
      );
      return;
    }
    if (this.#entry.spec.schedule !== undefined && !isUp(record.state)) {
      this.#life = this.#begin({ kind: "schedule", because: follows });
    } else if (record.state.kind === "backoff") {
      const leftMs = record.state.until - this.#entry.world.clock.now();
      // The wall clock may have been set back since: no delay is longer than the longest.
      const delayMs = Math.max(0, Math.min(leftMs, this.#entry.spec.restart.backoff.maxMs));
      this.#life = this.#begin({ kind: "wait", delayMs });
    } else if (left.kind === "ended" && isBegun(record.state)) {
      // A launch that nobody heard of any more was one all the same.
      this.#life = this.#begin({ kind: "ended", exit: left.exit });
    } else {
      this.#entry.apply({ type: "run-lost" }, {}, goesOn);
      this.#life = this.#begin({ kind: "relaunch" });
    }
  }

  #begin(from: LifeBeginning): Life {
    const { tasks } = this.#entry.world;
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
      graceMs: undefined,
      isEnding: false,
    };
    if (from.kind === "start") {
      const anew = { wanted: true, restarts: 0, restartHistory: null, lastError: null };
      this.#entry.apply({ type: "start-asked" }, anew, from.because);
    } else {
      this.#entry.patch({ wanted: true, lastError: null });
    }
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
      const usual = this.#entry.world.stopRequest(this.#entry.spec, this.key, run);
      const graceMs = life.graceMs ?? timeoutMs;
      return graceMs === undefined ? usual : { ...usual, graceMs };
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
    // Intent before effect. A disk that cannot be written is no reason to let it run.
    await this.#entry.world.journal.saved().catch(() => undefined);
    failpoint("stop.intended");
    await life.launching;
    failpoint("stop.signal");
    const { run } = life;
    const exit = await run?.stop(request(run)).catch(async (error: unknown) => {
      await life.over;
      if (this.#life === life) this.#goOn(run);
      throw error;
    });
    failpoint("stop.ended");
    await life.over;
    this.#entry.runIsOver();
    if (exit !== undefined) this.#entry.ended(exit, "stopped");
    if (this.#life === life) this.#life = undefined;
    // Before anyone who waits for the end goes on: a start that follows finds the state that it starts from.
    this.#entry.apply({ type: "stopped", ...(exit === undefined ? {} : { exit }) }, this.#afterStop(exit));
    failpoint("stop.settled");
  }

  /** A run that could not be stopped is what it was before: the runner knows no better. */
  #goOn(run: Run): void {
    this.#entry.apply({ type: "still-runs", ...firstChecked(this.#entry.spec) });
    this.#life = this.#begin({ kind: "adopt", run });
  }

  #afterStop(exit: Exit | undefined): RecordPatch {
    if (exit === undefined) return { pid: null };
    const { clock } = this.#entry.world;
    const { record } = this;
    const ended = { at: clock.now(), exit, ranMs: sinceLaunch(record, clock) };
    return { pid: null, exits: withExit(record, ended) };
  }

  #live(life: Life, from: LifeBeginning): Promise<void> {
    const { schedule } = this.#entry.spec;
    return schedule === undefined
      ? keepUp(this.#entry, life, from)
      : keepSchedule(this.#entry, life, from, schedule);
  }

  #expect(wish: number): void {
    if (wish !== this.#wish) throw overtaken(this.key);
  }
}

const foundOver: Because = { origin: { type: "boot", text: "the daemon began, and its run was over" } };
const goesOn: Because = { origin: { type: "boot", text: "the daemon began, and its run was gone" } };

function overtaken(key: InstanceKey): HoldfastError {
  return new HoldfastError("OVERTAKEN", `${key.name} was told otherwise before this was done`);
}
