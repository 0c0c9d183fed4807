// The cases of OTP's supervisor_SUITE (lib/stdlib/test of erlang/otp), by name, in Holdfast's terms: a child
// that answers `ignore` is one that answers `do-not-restart`, the reason `shutdown` is an end by the token,
// `simple_one_for_one` is a set of children added while the supervisor runs and stopped together.
import {
  type ChildExit,
  type ChildSpec,
  type Restart,
  Supervisor,
  type SupervisorEvent,
  type SupervisorOptions,
} from "../../src/index.ts";
import { FakeChild, type FakeChildOptions, VirtualClock } from "../../src/testing/index.ts";

export const hour = 3_600_000;
export const shutdown = { kind: "user-requested", message: "shutdown" } as const;
export const told = { ready: "told" } as const;

export async function setUp(options: SupervisorOptions = {}, ...fakes: FakeChild[]) {
  const clock = options.clock instanceof VirtualClock ? options.clock : new VirtualClock();
  const children = [...fakes.map(({ spec }) => spec), ...(options.children ?? [])];
  const supervisor = new Supervisor({ intensity: 2, periodMs: hour, clock, ...options, children });
  const events: SupervisorEvent[] = [];
  supervisor.subscribe((event) => events.push(event));
  await supervisor.start();
  const settle = () => clock.advance(0);
  const exits = () =>
    events.flatMap((event) => (event.type === "child-exited" ? [`${event.id} ${event.exit.kind}`] : []));
  return { clock, supervisor, events, settle, exits };
}

export const fake = (id: string, options: FakeChildOptions = {}) => new FakeChild(id, options);
export const ignoring = (id: string, restart: Restart): ChildSpec => ({
  id,
  restart,
  ready: "told",
  start: () => "do-not-restart",
});
export const counts = (supervisor: Supervisor) => {
  const { children } = supervisor.snapshot();
  return { specs: children.length, active: children.filter(({ state }) => state === "running").length };
};
export const states = (supervisor: Supervisor) =>
  supervisor.snapshot().children.map(({ id, state }) => `${id} ${state}`);
export const lines = (log: readonly string[], verb: string) =>
  log.filter((line) => line.startsWith(`${verb} `));

export const endings: Record<string, [end: (child: FakeChild) => void, kind: ChildExit["kind"]]> = {
  normal: [(child) => child.complete(), "completed"],
  shutdown: [(child) => child.live[0]?.token.cancel({ kind: "requested-by-run" }), "stopped"],
  "{shutdown,term}": [
    (child) => child.live[0]?.token.cancel({ kind: "requested-by-run", message: "term" }),
    "stopped",
  ],
  abnormal: [(child) => child.crash(), "failed"],
};
export const policies = ["permanent", "transient", "temporary"] as const;

export const three = (
  options: FakeChildOptions = {},
  ids: readonly string[] = ["child1", "child2", "child3"],
) => {
  const log: string[] = [];
  return { log, fakes: ids.map((id) => fake(id, { log, ...options })) };
};
