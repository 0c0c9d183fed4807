import type { ProjectSpec } from "@holdfast/daemon";
import type {
  Applied,
  AppStatus,
  DaemonEvent,
  LogLine,
  Operation,
  SystemInfo,
  Target,
} from "@holdfast/daemon/api";
import type { CliEnvironment } from "../cli-environment.ts";
import { type Daemon, isEnding } from "../connection/local-daemon.ts";
import { shutDown } from "../connection/shut-down.ts";
import { CommandError, type ExitCode, exitCodes } from "../exit-codes.ts";
import { hasEnded } from "../targets/app-label.ts";
import { listApps } from "../targets/list-apps.ts";
import { planSummary } from "../terminal/plan-text.ts";
import { withProgress } from "../terminal/progress-line.ts";
import type { Interrupts } from "./interrupts.ts";
import { LogTail } from "./log-tail.ts";
import { ProjectView } from "./project-view.ts";
import type { UpOutput } from "./up-output.ts";

export interface UpRequest {
  readonly spec: ProjectSpec;
  /** The apps that were named; empty means all that are not disabled. */
  readonly names: readonly string[];
  readonly detach: boolean;
  readonly removeOrphans: boolean;
  /** True when no daemon ran before. */
  readonly startedDaemon: boolean;
}

/**
 * One `up`, from the first word with the daemon to the last.
 *
 *     applying → following → stopping → leaving        Ctrl-C, at any time, leads to stopping
 *     applying → leaving                               detached, or refused
 *     following → leaving                              every app has ended by itself
 *
 * `stopping` stops what this `up` started and nothing else; `leaving` shuts a daemon down that this or another `up`
 * started for as long as it is needed, if nothing runs there any more.
 */
export class UpSession {
  readonly #cli: CliEnvironment;
  readonly #daemon: Daemon;
  readonly #request: UpRequest;
  readonly #interrupts: Interrupts;
  readonly #output: UpOutput;
  /** Called when nothing goes on any more, as often as that is seen. */
  #onEnded: () => void = () => undefined;
  #started: readonly string[] = [];
  #view: ProjectView;

  constructor(
    cli: CliEnvironment,
    daemon: Daemon,
    request: UpRequest,
    interrupts: Interrupts,
    output: UpOutput,
  ) {
    this.#cli = cli;
    this.#daemon = daemon;
    this.#request = request;
    this.#interrupts = interrupts;
    this.#output = output;
    this.#view = new ProjectView(request.spec.apps, request.names);
  }

  async run(): Promise<ExitCode> {
    const info = await this.#daemon.call("system.info", {});
    let code: ExitCode;
    try {
      code = await this.#runApps(info);
    } catch (error) {
      await this.#leave(info).catch(() => undefined);
      throw error;
    }
    if (!this.#request.detach || this.#interrupts.asked.isCancelled) await this.#leave(info);
    return code;
  }

  async #runApps(info: SystemInfo): Promise<ExitCode> {
    const { spec, names, detach } = this.#request;
    const { asked } = this.#interrupts;
    if (asked.isCancelled) return exitCodes.done;
    const since = new Date(this.#cli.clock.now()).toISOString();
    // Which apps are followed, and how they are, is known only after replies that the first events come before.
    let early: DaemonEvent[] | undefined = [];
    await this.#daemon.subscribe("events.follow", { project: spec.name }, (event) => {
      if (early !== undefined) early.push(event);
      else this.#happened(event);
    });
    const applied = await this.#apply();
    this.#started = [...new Set(applied.operations.map(({ name }) => name))];
    const followed = names.length > 0 ? new Set([...names, ...this.#started]) : appNames(spec);
    this.#view = new ProjectView(spec.apps, followed);
    const shown = spec.apps.filter(
      ({ name, disabled }) => followed.has(name) && (!disabled || names.length > 0),
    );
    this.#output.header(spec, shown, info.http, detach);
    const summary = planSummary(applied.plan);
    if (summary !== undefined) this.#output.say(summary);
    const rows = await listApps(this.#daemon, spec.name);
    this.#sayOrphans(rows);
    this.#view.replace(rows);
    // After the rows, which may be older than events that overtook their reply.
    for (const event of early.splice(0)) this.#happened(event);
    early = undefined;
    if (asked.isCancelled) return await this.#stop();
    return detach
      ? await this.#waitUntilStarted(applied.operations)
      : await this.#follow([...followed], since);
  }

  /** Apps that an earlier manifest of the project had, and that run on. */
  #sayOrphans(rows: readonly AppStatus[]): void {
    const known = appNames(this.#request.spec);
    const orphans = new Set(
      rows.filter((row) => !known.has(row.name) && !hasEnded(row)).map(({ name }) => name),
    );
    if (orphans.size === 0 || this.#request.removeOrphans) return;
    const runs = orphans.size === 1 ? "runs on and is" : "run on and are";
    this.#output.say(
      `${[...orphans].join(", ")} ${runs} not in this manifest; --remove-orphans stops what is not`,
    );
  }

  #happened(event: DaemonEvent): void {
    // About those who are told of events, and so perhaps about no app.
    if (event.type === "hook") this.#output.warning(event);
    if (!this.#view.follows(event.name)) return;
    const { type, app, operation } = event;
    if (type === "state") this.#output.state(event);
    if (type === "watch") this.#output.cause(event);
    if (type === "warning") this.#output.warning(event);
    if (app !== null) this.#view.update(app);
    if (operation !== null && operation.state !== "running") this.#view.operationEnded(operation.id);
    if (operation?.kind === "remove" && operation.state === "done") this.#view.removed(operation.name);
    if (this.#view.hasEnded()) this.#onEnded();
  }

  async #apply(): Promise<Applied> {
    const { spec, names, removeOrphans } = this.#request;
    return await this.#daemon.call("apps.apply", {
      spec,
      ...(names.length > 0 && { names }),
      ...(removeOrphans && { removeOrphans }),
    });
  }

  async #waitUntilStarted(operations: readonly Operation[]): Promise<ExitCode> {
    const { asked } = this.#interrupts;
    const waiting = this.#daemon.call("operations.wait", { ids: operations.map(({ id }) => id) });
    const ended = await Promise.race([waiting, asked.cancelled]);
    if (!Array.isArray(ended)) return await this.#stop();
    return this.#report(ended as readonly Operation[]);
  }

  async #follow(names: readonly string[], since: string): Promise<ExitCode> {
    const { asked } = this.#interrupts;
    const tail = new LogTail(since);
    const print = (lines: readonly LogLine[]): void => {
      this.#output.logs(lines);
      tail.printed(lines);
    };
    const targets = this.#targets(names);
    await this.#daemon.subscribe("logs.follow", { targets, since }, ({ lines }) => print(lines));
    const ended = new Promise<void>((resolve) => {
      this.#onEnded = resolve;
    });
    if (this.#view.hasEnded()) this.#onEnded();
    const gone = this.#daemon.closed.then((error) => {
      throw new CommandError(exitCodes.noDaemon, `the daemon went away: ${error.message}`, {
        remedy: "the apps run on; holdfast up takes them over again",
        cause: error,
      });
    });
    // The last one to settle has nobody waiting for it.
    gone.catch(() => undefined);
    await Promise.race([asked.cancelled, ended, gone]);
    const code = asked.isCancelled ? await this.#stop() : this.#verdict();
    await tail.complete(this.#cli.clock, this.#daemon, targets);
    return code;
  }

  /** All have ended by themselves, or by somebody else's command. */
  #verdict(): ExitCode {
    const failures = this.#view.failures();
    for (const failure of failures) this.#output.failure(failure);
    if (failures.length === 0) this.#output.say("all apps have ended");
    return failures.length === 0 ? exitCodes.done : exitCodes.failed;
  }

  async #stop(): Promise<ExitCode> {
    const { spec } = this.#request;
    const { forced } = this.#interrupts;
    this.#view.replace(await listApps(this.#daemon, spec.name));
    const names = this.#view.live().filter((name) => this.#started.includes(name));
    const others = this.#view.live().filter((name) => !this.#started.includes(name));
    if (others.length > 0)
      this.#output.say(`${others.join(", ")} ran before, and ${others.length === 1 ? "goes" : "go"} on`);
    if (names.length === 0) return exitCodes.done;
    this.#output.stops(names);
    const targets = this.#targets(names);
    const begun = await this.#daemon.call("apps.stop", { targets });
    const waits = [this.#daemon.call("operations.wait", { ids: begun.map(({ id }) => id) })];
    const release = forced.onCancel(() => {
      this.#output.say("killing them");
      waits.push(this.#kill(targets));
    });
    try {
      // One that was killed in the meantime is waited for as well.
      let code: ExitCode = exitCodes.done;
      for (const wait of waits) {
        const { progress } = this.#output;
        code = this.#report(await withProgress(this.#cli, this.#daemon, progress, spec.name, wait));
      }
      return code;
    } finally {
      release();
    }
  }

  async #kill(targets: readonly Target[]): Promise<readonly Operation[]> {
    const begun = await this.#daemon.call("apps.stop", { targets, timeoutMs: 0 });
    return await this.#daemon.call("operations.wait", { ids: begun.map(({ id }) => id) });
  }

  /** Ends a daemon that an `up` started and that has nothing left to do. */
  async #leave(info: SystemInfo): Promise<void> {
    if (!info.onDemand && !this.#request.startedDaemon) return;
    try {
      const apps = await this.#daemon.call("apps.list", {});
      if (apps.every(hasEnded)) await shutDown(this.#cli, this.#daemon, { keepApps: false });
    } catch (error) {
      if (!isEnding(error)) throw error;
    }
  }

  #report(operations: readonly Operation[]): ExitCode {
    const failures = operations.filter(({ state }) => state === "failed");
    for (const { name, kind, error } of failures) this.#output.failure(error ?? `${name}: ${kind} failed`);
    return failures.length === 0 ? exitCodes.done : exitCodes.failed;
  }

  #targets(names: readonly string[]): readonly Target[] {
    return names.map((name) => ({ project: this.#request.spec.name, name }));
  }
}

function appNames({ apps }: ProjectSpec): ReadonlySet<string> {
  return new Set(apps.map(({ name }) => name));
}
