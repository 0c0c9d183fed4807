import {
  CancelledError,
  type ChildContext,
  type ChildSpec,
  type Conflict,
  type Operation,
  type OperationEntry,
  Operations,
  Store,
} from "../../../src/index.ts";
import type { Host, Machine, ProcessEntry, World } from "../../../src/testing/index.ts";
import { chance, whole } from "./draw.ts";

export type AppState = "stopped" | "starting" | "running" | "stopping" | "restarting";
export type Action = "start" | "stop" | "restart";

/** `deaf` ignores a SIGTERM, `flaky` ends by itself, `web` does neither. */
export const appNames = ["web", "deaf", "flaky"] as const;

/** What people were told, which holds whatever becomes of the program that told it: I2, I3. */
export interface Promises {
  readonly stopped: Set<string>;
  readonly running: Set<string>;
  /** How often an app was brought down by a fault. */
  crashes: number;
}

/** Installs the apps on a machine, with what must hold of their processes at any time. */
export function installApps(world: World, host: Host): Promises {
  const promises: Promises = { stopped: new Set(), running: new Set(), crashes: 0 };
  const { processes } = host;
  const refuse = () => (world.faults.strikes("spawn fails", 0.1) ? "no memory" : undefined);
  processes.install("web", { refuse });
  processes.install("deaf", { refuse, stopMs: Number.POSITIVE_INFINITY });
  processes.install("flaky", { refuse, runMs: (random) => whole(random, 10, 900) });
  world.invariant("I1 one process for each app", () => {
    const cookies = processes.living.map(({ cookie }) => cookie);
    const twice = cookies.find((cookie, at) => cookies.indexOf(cookie) !== at);
    return twice && `${twice} runs twice`;
  });
  world.invariant("I2 an app that was stopped stays so, I3 one that was started too", () => {
    const living = new Set(processes.living.map(({ cookie }) => cookie));
    for (const app of promises.stopped) if (living.has(app)) return `${app} runs after its stop was done`;
    for (const app of promises.running)
      if (!living.has(app)) return `${app} is gone after its start was done`;
    return undefined;
  });
  world.faults.plan("app crashes", {
    withinMs: 3_000,
    inject: () => {
      const [web] = processes.living.filter(({ cookie }) => cookie === "web");
      promises.running.delete("web");
      promises.crashes++;
      if (web) processes.crash(web.pid);
    },
  });
  return promises;
}

/** What is expected of the operation under way on an app. */
interface Shadow {
  readonly to: AppState;
  readonly action: Action;
  readonly crashes: number;
  before: AppState;
  observed: AppState | undefined;
  runs: number;
}

/** Starts and stops processes by operations on a store, and I2, I3, I6, I8. */
export class Apps {
  readonly store: Store<AppState> = new Store<AppState>({ capacity: 4 });
  readonly #world: World;
  readonly #machine: Machine;
  readonly #promises: Promises;
  readonly #shadows = new Map<string, Shadow>();
  readonly #work = new Map<string, Promise<unknown>>();
  #operations: Operations<AppState> | undefined;
  #lastSeen: AppState | undefined;

  constructor(world: World, machine: Machine, promises: Promises) {
    this.#world = world;
    this.#machine = machine;
    this.#promises = promises;
    this.store.subscribe(({ value }) => {
      this.#lastSeen = value;
    });
  }

  get spec(): ChildSpec {
    return { id: "apps", ready: "told", stop: "infinity", start: (ctx) => this.#serve(ctx) };
  }

  /** What is still under way, by name; nothing once all faults are over. */
  get underWay(): readonly string[] {
    return appNames.filter((app) => this.#operations?.running(app));
  }

  /** Asks for something, as a person would; refused while the child is down. */
  ask(app: (typeof appNames)[number], action: Action): void {
    const operations = this.#operations;
    if (!operations) return;
    const { assert, mark } = this.#bound;
    const running = operations.running(app);
    const shadow = this.#shadows.get(app);
    const before = running && shadow ? (shadow.observed ?? shadow.before) : this.store.get(app);
    const to = action === "stop" ? "stopped" : "running";
    const via = ({ start: "starting", stop: "stopping", restart: "restarting" } as const)[action];
    const { crashes } = this.#promises;
    const next: Shadow = { to, action, crashes, before: before ?? "stopped", observed: undefined, runs: 0 };
    let operation: Operation;
    try {
      operation = operations.begin({
        id: app,
        name: action,
        via,
        to,
        run: (token) => this.#run(app, next, token),
      });
    } catch {
      assert("I8", running !== undefined, `${action} of ${app} is refused though nothing is under way`);
      mark("an operation was refused");
      return;
    }
    if (operation === running) {
      mark("an operation was joined");
      assert("I8", next.runs === 0, `a ${action} of ${app} that joined another has run`);
      return;
    }
    if (running) mark("an operation was replaced");
    this.#shadows.set(app, next);
    const state = this.store.get(app);
    assert("I8", state === via, `${app} is ${state} and not ${via} as its ${action} begins`);
    const seen = this.#lastSeen;
    assert("I8", seen === via, `nobody was told that ${app} is ${via} before its ${action} began: ${seen}`);
    if (running?.name === action) assert("I8", false, `${action} of ${app} was begun twice`);
  }

  get #bound() {
    return { assert: this.#world.assert.bind(this.#world), mark: this.#world.mark.bind(this.#world) };
  }

  async #serve({ token, ready }: ChildContext): Promise<void> {
    const { clock, random } = this.#machine;
    const operations = new Operations(this.store, {
      clock,
      shutdown: token,
      onConflict,
      log: (entry) => this.#logged(entry),
    });
    await this.#scan(operations);
    this.#operations = operations;
    ready();
    while (!token.isCancelled) {
      await clock.sleep(whole(random, 50, 150), token);
      await this.#scan(operations);
    }
    this.#operations = undefined;
    await Promise.all(appNames.flatMap((app) => operations.running(app)?.done ?? []));
    await Promise.all(this.#work.values());
  }

  async #scan(operations: Operations<AppState>): Promise<void> {
    const living = await this.#machine.processes.list();
    for (const app of appNames) {
      const state = living.some(({ cookie }) => cookie === app) ? "running" : "stopped";
      const shadow = operations.running(app) && this.#shadows.get(app);
      if (shadow) shadow.observed = state;
      operations.observe(app, state);
      const via = operations.running(app) && this.store.get(app);
      this.#world.assert("I8", via !== state, `a scan wrote ${state} over the operation of ${app}`);
    }
  }

  #logged({ id, phase, name }: OperationEntry): void {
    const { assert, mark } = this.#bound;
    const shadow = this.#shadows.get(id);
    if (!shadow || phase === "begun" || phase === "progress") return;
    const wanted = phase === "done" ? shadow.to : (shadow.observed ?? shadow.before);
    const state = this.store.get(id);
    assert("I8", state === wanted, `${id} is ${state} and not ${wanted} after its ${name} is ${phase}`);
    assert("I8", shadow.runs === 1, `the ${name} of ${id} ran ${shadow.runs} times`);
    mark(`an operation was ${phase}`);
    if (phase !== "done") return;
    if (shadow.action === "stop") this.#promises.stopped.add(id);
    else if (id !== "flaky" && shadow.crashes === this.#promises.crashes) this.#promises.running.add(id);
  }

  /** One after the other for each app: the work of an operation that was replaced may not be over. */
  #run(app: string, shadow: Shadow, token: ChildContext["token"]): Promise<void> {
    shadow.runs++;
    const { stopped, running } = this.#promises;
    if (shadow.action === "stop") running.delete(app);
    else stopped.delete(app);
    if (shadow.action === "restart") running.delete(app);
    const work = (this.#work.get(app) ?? Promise.resolve()).then(async () => {
      token.throwIfCancelled();
      if (shadow.action !== "start") await this.#stop(app, token);
      if (shadow.action !== "stop") await this.#start(app, token);
    });
    this.#work.set(
      app,
      work.catch(() => {}),
    );
    return work;
  }

  async #start(app: string, token: ChildContext["token"]): Promise<void> {
    const { processes, random } = this.#machine;
    if (await this.#find(app)) return;
    if (chance(random, 0.3)) await this.#machine.clock.sleep(whole(random, 1, 60), token);
    token.throwIfCancelled();
    await processes.spawn({ argv: [app], cookie: app });
  }

  async #stop(app: string, token: ChildContext["token"]): Promise<void> {
    const { processes, clock } = this.#machine;
    const found = await this.#find(app);
    if (!found) return;
    await processes.signal(found, "SIGTERM");
    const exited = processes.exited(found);
    const grace = clock.sleep(40, token).then((end) => end === "elapsed" && "late");
    if ((await Promise.race([exited, grace])) === "late") {
      this.#world.mark("a process was killed");
      await processes.signal(found, "SIGKILL");
    }
    if (token.reason) throw new CancelledError(token.reason);
    await exited;
  }

  async #find(app: string): Promise<ProcessEntry | undefined> {
    return (await this.#machine.processes.list()).find(({ cookie }) => cookie === app);
  }
}

/** A stop takes the place of whatever is under way; the same joins; the rest has to wait. */
function onConflict(running: string, requested: string): Conflict {
  if (running === requested) return "join";
  return requested === "stop" ? "replace" : "refuse";
}
