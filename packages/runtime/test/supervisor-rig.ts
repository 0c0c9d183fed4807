import { Supervisor, type SupervisorEvent, type SupervisorOptions } from "../src/index.ts";
import { FakeChild, type FakeChildOptions, VirtualClock } from "../src/testing/index.ts";

export const user = { kind: "user-requested", signal: "SIGTERM" } as const;
export const never = () => new Promise<never>(() => {});

export function setUp(options: SupervisorOptions = {}, ...fakes: FakeChild[]) {
  const clock = new VirtualClock();
  const children = [...fakes.map(({ spec }) => spec), ...(options.children ?? [])];
  const supervisor = new Supervisor({ clock, ...options, children });
  const events: SupervisorEvent[] = [];
  supervisor.subscribe((event) => events.push(event));
  return { clock, supervisor, events };
}

/** Fake children a, b, c… that share a clock and a log. */
export function fakes(ids: string, options: FakeChildOptions = {}) {
  const log: string[] = [];
  return { log, children: Array.from(ids, (id) => new FakeChild(id, { log, ...options })) };
}

export const types = (events: readonly SupervisorEvent[]) =>
  events.map((event) => ("id" in event ? `${event.type} ${event.id}` : event.type));

export const states = (supervisor: Supervisor) =>
  Object.fromEntries(supervisor.snapshot().children.map(({ id, state }) => [id, state]));
