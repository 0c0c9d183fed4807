import { type SyncDaemonOptions, type SyncStep, syncDaemon } from "../src/sync.ts";
import { VirtualClock } from "../src/testing/index.ts";

export function setUp(options: Partial<SyncDaemonOptions> = {}) {
  const clock = new VirtualClock();
  const log: string[] = [];
  const reports: string[] = [];
  const step = (name: string, more: Partial<SyncStep> = {}): SyncStep => ({
    name,
    run: () => log.push(name),
    ...more,
  });
  const daemon = syncDaemon({
    clock,
    connection: {
      everyMs: 1_000,
      check: async () => {
        log.push("connect");
        return true;
      },
    },
    startUp: [step("full sync")],
    passes: { sync: { everyMs: 60_000, steps: [step("sync")] } },
    streams: { events: (token) => token.cancelled.then(() => {}) },
    stopBudgetMs: 1_000,
    onPass: (name, { steps }) =>
      reports.push(`${name}: ${steps.map((s) => `${s.name} ${s.kind}`).join(", ")}`),
    ...options,
  });
  return { clock, log, reports, daemon };
}

/** A source whose events a test gives by hand, session after session. */
export function source() {
  let next = Promise.withResolvers<string | undefined>();
  const state = { connects: 0, refuse: undefined as Error | undefined };
  return {
    state,
    push: (event: string) => next.resolve(event),
    hangUp: () => next.resolve(undefined),
    connect: async (ctx: { token: { onCancel(listener: () => void): unknown } }) => {
      state.connects++;
      if (state.refuse) throw state.refuse;
      next = Promise.withResolvers();
      ctx.token.onCancel(() => next.resolve(undefined));
      return (async function* () {
        for (let event = await next.promise; event !== undefined; event = await next.promise) {
          next = Promise.withResolvers();
          yield event;
        }
      })();
    },
  };
}
