import {
  type ChildContext,
  type ChildExit,
  type ChildSpec,
  type Restart,
  Supervisor,
  type SupervisorEvent,
  type SupervisorOptions,
  supervisorChild,
} from "../../src/index.ts";
import { FakeChild, type FakeChildOptions, VirtualClock } from "../../src/testing/index.ts";

export const hour = 3_600_000;
export const shutdown = { kind: "user-requested", message: "shutdown" } as const;
export const told = { ready: "told" } as const;
export const pool: SupervisorOptions = { stopOrder: "together" };

/** A supervisor that has started, with two restarts an hour, as most of OTP's cases have it. */
export async function setUp(options: SupervisorOptions = {}, ...fakes: FakeChild[]) {
  const clock = options.clock instanceof VirtualClock ? options.clock : new VirtualClock();
  const children = [...fakes.map(({ spec }) => spec), ...(options.children ?? [])];
  const supervisor = new Supervisor({ intensity: 2, periodMs: hour, clock, ...options, children });
  const events = watched(supervisor);
  await supervisor.start();
  return { clock, supervisor, events, settle: () => clock.advance(0), exits: () => exitsIn(events) };
}

/** Every event from now on. */
export const watched = (supervisor: Supervisor) => {
  const events: SupervisorEvent[] = [];
  supervisor.subscribe((event) => events.push(event));
  return events;
};

/** `child1 stopped`, one for each child that ended, nested ones by their path. */
export const exitsIn = (events: readonly SupervisorEvent[]) =>
  events.flatMap((event) =>
    event.type === "child-exited" ? [`${[...event.path, event.id].join("/")} ${event.exit.kind}`] : [],
  );

export const fake = (id: string, options: FakeChildOptions = {}) => new FakeChild(id, options);

/** Children that write what becomes of them into one log. */
export const logged = (ids: readonly string[], options: FakeChildOptions = {}) => {
  const log: string[] = [];
  return { log, fakes: ids.map((id) => fake(id, { log, ...options })) };
};

export const lines = (log: readonly string[], verb: string) =>
  log.filter((line) => line.startsWith(`${verb} `));

export const ignoring = (id: string, restart: Restart): ChildSpec => ({
  id,
  restart,
  ready: "told",
  start: () => "do-not-restart",
});

/** A supervisor as a child; `seen` gets each one made, newest last. */
export const nested = (
  id: string,
  options: SupervisorOptions,
  more: Parameters<typeof supervisorChild>[2],
  seen: Supervisor[],
): ChildSpec => {
  const spec = supervisorChild(id, { intensity: 2, periodMs: hour, ...options }, more);
  const start = (ctx: ChildContext) => {
    const nest = (supervisor: Supervisor) => {
      seen.push(supervisor);
      ctx.nest(supervisor);
    };
    return spec.start({ ...ctx, nest });
  };
  return { ...spec, start };
};

export const counts = (supervisor: Supervisor) => {
  const { children } = supervisor.snapshot();
  return { specs: children.length, active: children.filter(({ state }) => state === "running").length };
};

export const states = (supervisor: Supervisor) =>
  supervisor.snapshot().children.map(({ id, state }) => `${id} ${state}`);

/** Ends a child by itself, for the four reasons OTP's cases know; and what kind of end that is here. */
export const endings = {
  normal: [(child: FakeChild) => child.complete(), "completed"],
  shutdown: [(child: FakeChild) => cancelRun(child), "stopped"],
  "{shutdown,term}": [(child: FakeChild) => cancelRun(child, "term"), "stopped"],
  abnormal: [(child: FakeChild) => child.crash(), "failed"],
} as const satisfies Record<string, readonly [end: (child: FakeChild) => void, kind: ChildExit["kind"]]>;

export const reasons = Object.keys(endings) as (keyof typeof endings)[];
export const policies = ["permanent", "transient", "temporary"] as const;

/** When `promise` settles, in ms from now, while the clock is moved on by `ms`. */
export async function settledAfter(clock: VirtualClock, promise: Promise<unknown>, ms: number) {
  const began = clock.monotonic();
  let took: number | undefined;
  const note = () => {
    took = clock.monotonic() - began;
  };
  void promise.then(note, note);
  await clock.advance(ms);
  return took;
}

function cancelRun(child: FakeChild, message?: string): void {
  child.live[0]?.token.cancel({ kind: "requested-by-run", ...(message && { message }) });
}
