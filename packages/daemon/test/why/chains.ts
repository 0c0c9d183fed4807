/** Chains of events, and what a person is to read of them. */

import { appStatus } from "../../src/api/app-status.ts";
import type { AppStatus, Cause, DaemonEvent, Operation, Origin } from "../../src/api/contract.ts";
import { freshRecord } from "../../src/store/instance-record.ts";
import { appSpec } from "../fakes/app-spec.ts";

export interface Case {
  readonly what: string;
  /** The oldest first; each follows the one before it. */
  readonly events: readonly DaemonEvent[];
  readonly restarts?: number;
  /** What all of them began with, where they are not all. */
  readonly root?: DaemonEvent;
  readonly reads: string;
}

let seq = 0;

function event(more: Partial<DaemonEvent> & { readonly origin?: Origin }): DaemonEvent {
  seq++;
  const { origin = null, ...rest } = more;
  const cause: Cause = { origin, after: seq - 1 };
  return {
    seq,
    time: new Date(seq * 1_000).toISOString(),
    type: "state",
    project: "shop",
    name: "web",
    message: `event ${seq}`,
    app: null,
    operation: null,
    by: null,
    cause,
    ...rest,
  };
}

function state(app: Partial<AppStatus>, origin?: Origin): DaemonEvent {
  const name = app.name ?? "web";
  const row = appStatus(freshRecord({ project: "shop", name, instance: 1 }, 0), appSpec(name));
  return event({ name, app: { ...row, ...app }, ...(origin === undefined ? {} : { origin }) });
}

function operation(kind: Operation["kind"], origin: Origin): DaemonEvent {
  const by = origin.type === "request" ? origin.by : null;
  const of = { id: "1", kind, project: "shop", name: "web", instance: null, by };
  const since = new Date(0).toISOString();
  return event({
    type: "operation",
    by,
    origin,
    operation: { ...of, state: "running", since, ended: null, error: null },
  });
}

const asked = (method: string): Origin => ({ type: "request", by: "uid 0", method });
const exit = (code: number, afterMs: number | null = 800): Origin => ({
  type: "exit",
  exit: { code, signal: null },
  afterMs,
});
const backoff: Origin = { type: "timer", timer: "backoff" };
const up = (): readonly DaemonEvent[] => [
  operation("start", asked("apps.apply")),
  state({ state: "starting" }),
];
const running = (more: Partial<AppStatus> = {}, origin?: Origin): DaemonEvent =>
  state({ state: "running", ready: true, ...more }, origin);
const crash = (code = 1): DaemonEvent => state({ state: "backoff" }, exit(code));
const again = (code = 1): readonly DaemonEvent[] => [
  state({ state: "starting" }, backoff),
  running(),
  crash(code),
];

export const cases: readonly Case[] = [
  {
    what: "one crash",
    events: [...up(), running(), crash()],
    reads: "exited with code 1 after 0.8 s ← started ← up by uid 0",
  },
  {
    what: "three crashes alike, the first run started otherwise",
    events: [...up(), running(), crash(), ...again(), ...again()],
    reads:
      "exited with code 1 after 0.8 s ← started after backoff ← … 2 more restarts like this ← started ← up by uid 0",
  },
  {
    what: "one that differs between those that do not",
    events: [...up(), running(), crash(), ...again(2), ...again()],
    reads:
      "exited with code 1 after 0.8 s ← started after backoff ← exited with code 2 after 0.8 s ← started after backoff ← exited with code 1 after 0.8 s ← started ← up by uid 0",
  },
  {
    what: "a start that was yet to come",
    events: [...up(), running(), crash(), state({ state: "starting" }, backoff)],
    reads: "its backoff was over ← exited with code 1 after 0.8 s ← started ← up by uid 0",
  },
  {
    what: "an end that nobody saw",
    events: [...up(), running(), state({ state: "completed" }, exit(0, null))],
    reads: "exited with code 0 ← started ← up by uid 0",
  },
  {
    what: "a chain that goes on in another app",
    events: [
      operation("start", asked("apps.start")),
      running({ name: "db" }),
      running({ name: "db", health: "healthy" }, { type: "probe", probe: "health", text: "200" }),
      running({}, { type: "dependency", app: "db", condition: "service_healthy" }),
    ],
    reads: "started once db was healthy ← db became healthy ← db started ← start by uid 0",
  },
  {
    what: "health that came and went",
    events: [
      ...up(),
      running({ health: "starting", ready: false }),
      running({ health: "healthy" }, { type: "probe", probe: "health", text: "200" }),
      running(
        { health: "unhealthy" },
        { type: "probe", probe: "health", text: "connection refused (3 times)" },
      ),
    ],
    reads: "became unhealthy: connection refused (3 times) ← became healthy ← started ← up by uid 0",
  },
  {
    what: "a restart for a file that changed",
    events: [
      event({ type: "watch", origin: { type: "watch", path: "src/a.js changed" } }),
      operation("restart", { type: "boot", text: "x" }),
      state({ state: "restarting" }),
      running(),
    ],
    reads: "started again ← restart: x ← src/a.js changed",
  },
  {
    what: "a stop",
    events: [
      operation("stop", asked("apps.stop")),
      state({ state: "stopping" }),
      state({ state: "stopped", exit: { code: null, signal: "SIGTERM" } }),
    ],
    reads: "stopped: it was killed by SIGTERM ← stop by uid 0",
  },
  {
    what: "a project that ended with one of its apps",
    events: [
      operation("stop", { type: "dependency", app: "job", condition: "completed" }),
      state({ state: "stopping" }),
      state({ state: "stopped" }),
    ],
    reads: "stopped ← stop, because job has completed",
  },
  {
    what: "a daemon that took over",
    events: [
      ...up(),
      running(),
      state({ state: "starting" }, { type: "boot", text: "the daemon began, and its run was gone" }),
      running(),
    ],
    reads: "started ← the daemon began, and its run was gone ← started ← up by uid 0",
  },
  {
    what: "a start without room, tried again",
    events: [
      ...up(),
      state({ state: "backoff" }, { type: "shortage", text: "fork: EAGAIN" }),
      state({ state: "starting" }, backoff),
      state({ state: "backoff" }, { type: "shortage", text: "fork: EAGAIN" }),
    ],
    reads:
      "could not start: fork: EAGAIN ← tried again after backoff ← could not start: fork: EAGAIN ← up by uid 0",
  },
  {
    what: "a schedule",
    events: [...up(), state({ state: "starting" }, { type: "timer", timer: "schedule" }), running()],
    reads: "started by its schedule ← up by uid 0",
  },
  {
    what: "a watchdog that was not heard",
    events: [...up(), running(), state({ state: "backoff" }, { type: "timer", timer: "watchdog" })],
    reads: "its watchdog was not heard in time ← started ← up by uid 0",
  },
  {
    what: "what began longer ago than is looked at",
    events: [state({ state: "starting" }, backoff), running(), crash()],
    restarts: 40,
    root: operation("start", asked("apps.apply")),
    reads: "exited with code 1 after 0.8 s ← started after backoff ← … 39 restarts before that ← up by uid 0",
  },
];

/** A case's chain as it is read, by whichever `whyLinks`. */
export function read(
  { events, restarts = 0, root }: Case,
  whyLinks: typeof import("../../src/why/why-links.ts").whyLinks,
): string {
  const about = { project: "shop", name: "web", instance: 1 };
  const links = whyLinks({ events: events.toReversed(), root }, about, restarts);
  return links.map(({ text }) => text).join(" ← ");
}
