import {
  type ChildSpec,
  type Lifecycle,
  type RunContext,
  Service,
  ShutdownToken,
  Supervisor,
  type SupervisorOptions,
  supervisorChild,
} from "../../src/index.ts";
import { VirtualClock } from "../../src/testing/index.ts";
import { watched } from "./rig.ts";

export type Run = (ctx: RunContext & { readonly clock: VirtualClock }) => Promise<unknown> | undefined;

/** A program that has begun: it ends by itself, or when it is asked to, within `stopBudgetMs`. */
export const program = (run: Run, stopBudgetMs: number, lifecycle: Partial<Lifecycle> = {}) => {
  const clock = new VirtualClock();
  const shutdown = new ShutdownToken();
  const service = new Service({
    name: "toplevel",
    clock,
    shutdown,
    stopBudgetMs,
    lifecycle: { ...lifecycle, run: async (ctx) => void (await run({ ...ctx, clock })) },
  });
  const ended = service.start();
  ended.catch(() => {});
  return { clock, shutdown, service, ended };
};

/** Ends `ms` after it is asked to. */
export const polite =
  (clock: VirtualClock, ms = 0) =>
  async (token: ShutdownToken) => {
    await token.cancelled;
    await clock.sleep(ms);
  };

/** Subsystems as there: one that ends is not started again, one that fails ends all. */
export const toplevel = (children: readonly ChildSpec[], options: SupervisorOptions = {}) => {
  const clock = options.clock instanceof VirtualClock ? options.clock : new VirtualClock();
  const shutdown = new ShutdownToken();
  const once = children.map((child): ChildSpec => ({ restart: "transient", ...child }));
  const supervisor = new Supervisor({ intensity: 0, shutdown, clock, ...options, children: once });
  const events = watched(supervisor);
  const started = supervisor.start();
  started.catch(() => {});
  return { clock, shutdown, supervisor, events, started };
};

export const waits = (id: string): ChildSpec => ({ id, start: ({ token }) => token.cancelled });

export const subsystems = (id: string, clock: VirtualClock, ...children: readonly ChildSpec[]): ChildSpec =>
  supervisorChild(id, { clock, intensity: 0, children }, { restart: "transient" });
