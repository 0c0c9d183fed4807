import type { LaunchRequest } from "@holdfast/platform";
import type { Host, World } from "@holdfast/runtime/testing";
import type { DaemonEvent, Operation } from "../../../src/api/contract.ts";
import type { InstanceKey } from "../../../src/store/instance-record.ts";
import type { Universe } from "./universe.ts";

/** A process of an app, as it is, whatever the daemon believes. */
export interface Seen {
  readonly pid: number;
  readonly cookie: string;
  readonly app: string;
  /** `web/2`. */
  readonly slot: string;
  readonly version: string;
  readonly since: number;
  /** A probe has found it well. */
  isWell: boolean;
  hasLine: boolean;
  isFrozen: boolean;
}

/** How long the daemon may believe in something that is over: until a lost exit is noticed, and a launch is through. */
const staleMs = 700;
/** How long a launch may be under way. */
const launchMs = 100;

/** A restart that was launched so shortly before the power went may not be on the disk: nobody waited for that. */
const forgottenMs = 50;

/** Watches all processes of the machine: I1, I2, I5, I7, I9, I11. */
export class ProcessWatch {
  /** Apps that were stopped, and that nobody has asked for since. */
  readonly stopped = new Set<string>();
  /** Apps that are stopped as a whole, with nothing else under way: the order counts. */
  isStoppingAll = false;
  /** Those that the daemon knows. */
  operations: () => readonly Operation[] = () => [];
  /** How often each slot was launched, and ended without being told to. */
  readonly launches = new Map<string, number>();
  readonly crashes = new Map<string, number>();
  readonly lines = new Map<string, number>();
  readonly #world: World;
  readonly #host: Host;
  readonly #universe: Universe;
  readonly #live = new Map<string, Seen>();
  readonly #told = new Set<string>();
  readonly #ends = new Map<number, (() => void)[]>();
  readonly #lineWatches = new Set<() => void>();
  readonly #wellUntil = new Map<string, number>();
  readonly #inARow = new Map<string, number>();
  readonly #launchedAt = new Map<string, number>();

  constructor(world: World, host: Host, universe: Universe) {
    this.#world = world;
    this.#host = host;
    this.#universe = universe;
  }

  get living(): readonly Seen[] {
    return [...this.#live.values()];
  }

  of(app: string): readonly Seen[] {
    return this.living.filter((seen) => seen.app === app);
  }

  get lineWatches(): number {
    return this.#lineWatches.size;
  }

  /** Somebody asks for apps: restarts are counted anew, and they may run again. */
  asked(apps: Iterable<string>): void {
    for (const app of apps) {
      this.stopped.delete(app);
      for (const slot of this.#inARow.keys()) if (slot.startsWith(`${app}/`)) this.#inARow.delete(slot);
    }
  }

  /** A daemon begins: it goes on with what another one left, and with its count of restarts. */
  daemonBegan(): void {
    this.#lineWatches.clear();
  }

  promiseStopped(app: string): void {
    this.stopped.add(app);
    const [living] = this.of(app);
    this.#world.assert("I2", living === undefined, () => `${living?.slot} lives after its stop was done`);
  }

  spawned({ cookie, env }: LaunchRequest, pid: number): void {
    const {
      HOLDFAST_APP: app = "",
      INSTANCE: instance = "",
      VERSION: version = "",
    } = env as Readonly<Record<"HOLDFAST_APP" | "INSTANCE" | "VERSION", string | undefined>>;
    const slot = `${app}/${instance}`;
    const since = this.#world.clock.monotonic();
    const { assert } = this.#bound;
    const twin = this.living.find((seen) => seen.slot === slot);
    assert("I1", twin === undefined, () => `${slot} runs as ${pid}, and still as ${twin?.pid}`);
    assert("I2", !this.stopped.has(app), () => `${slot} is launched though it was stopped`);
    const missing = this.#universe.needs(app).find((need) => !this.#isMet(need.on, need.condition));
    assert("I9", missing === undefined, () => `${slot} is launched without ${missing?.on}`);
    this.#live.set(cookie, {
      pid,
      cookie,
      app,
      slot,
      version,
      since,
      isWell: false,
      hasLine: false,
      isFrozen: false,
    });
    this.launches.set(slot, (this.launches.get(slot) ?? 0) + 1);
    // What an operation launches was asked for: one that it overtook may just have been launched too.
    const isAsked = this.operations().some(
      ({ name, kind, state }) => name === app && kind !== "stop" && state === "running",
    );
    const inARow = isAsked ? 1 : (this.#inARow.get(slot) ?? 0) + 1;
    this.#inARow.set(slot, inARow);
    this.#launchedAt.set(slot, this.#world.clock.monotonic());
    const most = this.#universe.mostRestarts(app);
    assert("I5", inARow <= most + 1, () => `${slot} was restarted ${inARow - 1} times of ${most}`);
    if (inARow === most + 1 && most > 0) this.#world.mark("the last restart of an intensity");
    const lineMs = this.#universe.lineMs(app);
    if (lineMs !== undefined) this.#world.clock.setTimeout(() => this.#writeLine(cookie), lineMs);
  }

  ended(cookie: string, pid: number): void {
    const seen = this.#live.get(cookie);
    if (seen === undefined) return;
    this.#live.delete(cookie);
    if (seen.isWell) this.#wellUntil.set(seen.app, this.#world.clock.monotonic());
    if (this.#told.delete(cookie)) this.#inARow.delete(seen.slot);
    else this.crashes.set(seen.slot, (this.crashes.get(seen.slot) ?? 0) + 1);
    for (const tell of this.#ends.get(pid) ?? []) tell();
    this.#ends.delete(pid);
  }

  powerOff(): void {
    for (const { cookie, pid } of this.living) this.ended(cookie, pid);
    this.#lineWatches.clear();
    const now = this.#world.clock.monotonic();
    for (const [slot, inARow] of this.#inARow) {
      const isForgotten = now - (this.#launchedAt.get(slot) ?? 0) <= forgottenMs;
      // What the next boot starts because it was to run has not come back from a crash of its own.
      this.#inARow.set(slot, inARow - (isForgotten ? 2 : 1));
    }
  }

  /** A process hangs until the returned function is called. */
  freeze(seen: Seen): () => void {
    seen.isFrozen = true;
    this.#host.processes.signal(seen.pid, "SIGSTOP");
    return () => {
      seen.isFrozen = false;
      if (this.#live.get(seen.cookie) !== seen) return;
      this.#host.processes.signal(seen.pid, "SIGCONT");
      if (this.#universe.lineMs(seen.app) !== undefined && !seen.hasLine) this.#writeLine(seen.cookie);
    };
  }

  /** Calls once a process has ended; `undefined` if it is none of ours. */
  onEnd(pid: number, call: () => void): true | undefined {
    if (!this.living.some((seen) => seen.pid === pid)) return undefined;
    this.#ends.set(pid, [...(this.#ends.get(pid) ?? []), call]);
    return true;
  }

  /** The daemon signals a process which it takes for that of a run. */
  signalled(pid: number, cookie: string, signal: string): void {
    const { assert } = this.#bound;
    const process = this.#host.processes.living.find((each) => each.pid === pid);
    assert("I7", process?.cookie === cookie, () => `${signal} to ${pid}, which is ${process?.argv[0]}`);
    const seen = this.#live.get(cookie);
    if (seen === undefined) return;
    this.#told.add(cookie);
    const [restart, ...more] = this.operations().filter(
      ({ name, state }) => name === seen.app && state === "running",
    );
    // What a launch takes may have been under way when the restart was asked for.
    const isRedone =
      restart?.kind === "restart" &&
      more.length === 0 &&
      Date.parse(restart.since) + launchMs <
        this.#world.clock.now() - this.#world.clock.monotonic() + seen.since;
    assert("I8", !isRedone, () => `${seen.slot} is restarted again by a restart that was through`);
    if (signal === "SIGKILL") this.#world.mark("a process was killed");
    if (!this.isStoppingAll) return;
    const early = this.#universe.neededBy(seen.app).find((other) => this.of(other).length > 0);
    assert("I9", early === undefined, () => `${seen.slot} is stopped before ${early}`);
    this.#world.mark("a stop in reverse order");
  }

  /** The daemon tells of an instance: it is ready when it has said so, and not before. */
  told({ app: row }: DaemonEvent): void {
    if (row === null || row.state !== "running") return;
    const seen = this.living.find(
      ({ pid, slot }) => pid === row.pid && slot === `${row.name}/${row.instance}`,
    );
    if (!row.ready || seen === undefined) return;
    const isReady =
      (!this.#universe.isChecked(row.name) || seen.isWell) &&
      (this.#universe.lineMs(row.name) === undefined || seen.hasLine);
    this.#bound.assert("I11", isReady, () => `${seen.slot} is said to be ready before it is`);
    this.#world.mark("an app was told to be ready");
  }

  watchLines(look: () => void): () => void {
    this.#lineWatches.add(look);
    return () => void this.#lineWatches.delete(look);
  }

  linesOf({ name, instance }: InstanceKey): number {
    return this.lines.get(`${name}/${instance}`) ?? 0;
  }

  get #bound() {
    return { assert: this.#world.assert.bind(this.#world) };
  }

  #writeLine(cookie: string): void {
    const seen = this.#live.get(cookie);
    if (seen === undefined || seen.isFrozen) return;
    seen.hasLine = true;
    this.lines.set(seen.slot, (this.lines.get(seen.slot) ?? 0) + 1);
    for (const look of [...this.#lineWatches]) look();
  }

  #isMet(on: string, condition: string): boolean {
    if (condition === "service_started") return this.#launchedEver(on);
    if (condition === "service_log_ready") return (this.lines.get(`${on}/1`) ?? 0) > 0;
    const now = this.#world.clock.monotonic();
    return this.of(on).some((seen) => seen.isWell) || now - (this.#wellUntil.get(on) ?? -staleMs) < staleMs;
  }

  #launchedEver(app: string): boolean {
    return [...this.launches.keys()].some((slot) => slot.startsWith(`${app}/`));
  }
}
