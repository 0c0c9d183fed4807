import type { MethodTable, Subscription } from "@holdfast/rpc";
import { HoldfastError } from "@holdfast/runtime";
import { failpoint } from "@holdfast/runtime/failpoints";
import type { Asked } from "../apps/operation-log.ts";
import type { Daemon } from "../daemon.ts";
import { followEvents } from "../events/follow-events.ts";
import { followLogs } from "../logs/follow-logs.ts";
import type { LogQuery } from "../logs/log-book.ts";
import { notJoined } from "../remote/not-joined.ts";
import type {
  BrowserSession,
  DaemonEvent,
  Keyed,
  LogEvent,
  Methods,
  Operation,
  RemoteNode,
  RemoteRole,
  RemoteStatus,
  Usage,
} from "./contract.ts";
import { type OwnMethod, parseParams } from "./params.ts";
import { knownLogs, queriedLogs } from "./queried-logs.ts";

/** As many events are given at once. */
const mostEvents = 10_000;

/** What the API knows of a caller. */
export interface Caller {
  /** Who it is, such as `uid 1000`: it stands beside every change that it asks for. */
  readonly principal: string;
}

/** Lets browsers in. */
export interface Door {
  invite(role: BrowserSession["role"]): { readonly url: string };
  list(): readonly BrowserSession[];
  /** Resolves once it is out for good. Rejects with `NOT_FOUND`. */
  revoke(id: string): Promise<void>;
}

/** Other machines. */
export interface RemoteControl {
  status(): RemoteStatus;
  join(invitation: string): Promise<RemoteStatus>;
  leave(): Promise<void>;
  invite(role: RemoteRole): Promise<{ readonly code: string; readonly until: string }>;
  pair(code: string, name?: string): Promise<{ readonly name: string; readonly role: RemoteRole }>;
  grant(name: string, role: RemoteRole | null): Promise<RemoteNode>;
  forget(name: string): Promise<void>;
}

/** What there is of other machines; undefined where this one never joined a relay, unless it is to. */
export type FindRemote = (wanted: "if-there" | "make") => Promise<RemoteControl> | undefined;

/** Of a machine that never joined a relay. */
const noRemote: RemoteStatus = {
  relay: null,
  name: null,
  key: null,
  state: "stopped",
  error: null,
  nodes: [],
};

/** The methods of a daemon, ready to be served. A change is on the disk when its reply goes out. */
export function methodTable(
  daemon: Daemon,
  door: () => Door,
  remote: FindRemote = () => undefined,
): MethodTable<Methods, Caller> {
  const method = <K extends OwnMethod>(
    name: K,
    call: MethodTable<Methods, Caller>[K]["call"],
  ): MethodTable<Methods, Caller>[K] =>
    ({ parse: (params: unknown) => parseParams(name, params), call }) as MethodTable<Methods, Caller>[K];
  const asked = (method: OwnMethod, { principal: by }: Caller, { key }: Keyed): Asked => ({
    by,
    because: { origin: { type: "request", by, method } },
    ...(key === undefined ? {} : { key }),
  });
  const logs = daemon.logSources.bind(daemon);
  const durable = async <T>(result: T): Promise<T> => {
    failpoint("reply.save");
    await daemon.saved();
    failpoint("reply.saved");
    return result;
  };

  const begun = async (operations: readonly Operation[], { key }: Keyed): Promise<readonly Operation[]> => {
    try {
      return await durable(operations);
    } catch (error) {
      daemon.operations.refuse(operations, key);
      throw error;
    }
  };

  const joined = async (): Promise<RemoteControl> => {
    const found = await remote("if-there");
    if (found !== undefined) return found;
    throw notJoined();
  };

  return {
    "system.info": method("system.info", ({ settled }) => daemon.info(settled)),
    "system.describe": method("system.describe", () => daemon.describeSystem()),
    "system.healthz": method("system.healthz", () => ({ ok: true })),
    // Loaded when first asked for: few callers do.
    "rpc.discover": method("rpc.discover", async () =>
      (await import("./open-rpc.ts")).openRpcDocument((await daemon.info()).version),
    ),
    "system.shutdown": method("system.shutdown", ({ keepApps }) => {
      daemon.requestShutdown({ keepApps: keepApps ?? false });
      return {};
    }),
    "apps.list": method("apps.list", ({ project }) => daemon.list(project)),
    "apps.get": method("apps.get", (target) => daemon.listTargets([target])),
    "apps.why": method("apps.why", ({ lines, ...target }) => daemon.views.why(target, lines)),
    "apps.describe": method("apps.describe", (target) => daemon.views.describe(target)),
    "apps.apply": method("apps.apply", ({ spec, names, removeOrphans }, caller) =>
      durable(daemon.apply(spec, names, removeOrphans, asked("apps.apply", caller, {}))),
    ),
    "apps.plan": method("apps.plan", (request) => daemon.plan(request)),
    "apps.start": method("apps.start", (params, caller) =>
      begun(daemon.start(params.targets, asked("apps.start", caller, params)), params),
    ),
    "apps.stop": method("apps.stop", (params, caller) =>
      begun(daemon.stop(params.targets, params.timeoutMs, asked("apps.stop", caller, params)), params),
    ),
    "apps.restart": method("apps.restart", (params, caller) =>
      begun(
        daemon.restart(
          params.targets,
          params.timeoutMs,
          asked("apps.restart", caller, params),
          params.rolling,
        ),
        params,
      ),
    ),
    "stats.read": method("stats.read", ({ targets, since }) =>
      daemon.usage.read(daemon.views.resolve(targets), since === undefined ? undefined : Date.parse(since)),
    ),
    "stats.follow": method("stats.follow", ({ targets }, context) => {
      const resolved = daemon.views.resolve(targets);
      const subscription: Subscription<readonly Usage[]> = context.subscribe();
      const history = daemon.usage.read(resolved);
      subscription.onEnd(daemon.usage.follow(resolved, (usages) => void subscription.notify(usages)));
      return { subscription: subscription.id, history };
    }),
    "apps.remove": method("apps.remove", (params, caller) => {
      const { targets, keepData, timeoutMs } = params;
      const order = { ...asked("apps.remove", caller, params), timeoutMs };
      return begun(daemon.remove(targets, keepData === true ? { ...order, keepData } : order), params);
    }),
    "sessions.invite": method("sessions.invite", ({ role }) => door().invite(role ?? "operate")),
    "sessions.list": method("sessions.list", () => door().list()),
    "sessions.revoke": method("sessions.revoke", async ({ id }) => {
      await door().revoke(id);
      return {};
    }),
    "remote.status": method("remote.status", async () => (await remote("if-there"))?.status() ?? noRemote),
    "remote.join": method("remote.join", async ({ invitation }) => {
      const made = await remote("make");
      if (made === undefined) throw new HoldfastError("UNSUPPORTED", "this daemon joins no relay");
      return await made.join(invitation);
    }),
    "remote.leave": method("remote.leave", async () => {
      await (await joined()).leave();
      return {};
    }),
    "remote.invite": method("remote.invite", async ({ role }) => await (await joined()).invite(role)),
    "remote.pair": method("remote.pair", async ({ code, name }) => await (await joined()).pair(code, name)),
    "remote.grant": method("remote.grant", async ({ name, role }) =>
      (await joined()).grant(name, role ?? null),
    ),
    "remote.forget": method("remote.forget", async ({ name }) => {
      await (await joined()).forget(name);
      return {};
    }),
    "operations.get": method("operations.get", ({ id }) => daemon.operations.get(id)),
    "operations.list": method("operations.list", ({ since, ...filter }) =>
      daemon.operations.list(since === undefined ? filter : { ...filter, since: Date.parse(since) }),
    ),
    "operations.wait": method("operations.wait", ({ ids }) => daemon.operations.wait(ids)),
    "logs.read": method("logs.read", (query) => daemon.logs.read(queriedLogs(logs, query), logQuery(query))),
    "logs.extent": method("logs.extent", ({ targets }) =>
      logs(targets).map(({ key: { project, name, instance }, log, stream }) => ({
        ...{ project, name, instance, firstOffset: log.firstOffset, endOffset: log.size },
        ...(stream !== undefined && { stream }),
      })),
    ),
    "logs.follow": method("logs.follow", (query, context) => {
      const sources = queriedLogs(logs, query);
      const subscription: Subscription<LogEvent> = context.subscribe();
      const following = followLogs(subscription, sources, logQuery(query));
      // What is added to it later, an app or a log for stderr, is followed from its first line.
      const stop = daemon.events.onEvent((event) => {
        if (event.type !== "project") return;
        const targets = query.targets.filter(({ project }) => project === event.project);
        for (const source of knownLogs(logs, { ...query, targets })) following.add(source);
      });
      subscription.onEnd(stop);
      daemon.tasks.spawn("logs.follow", { kind: "rpc-handler" }, () => following.done);
      return { subscription: subscription.id };
    }),
    "webhooks.list": method("webhooks.list", ({ project }) => daemon.webhooks(project)),
    "events.read": method("events.read", ({ after = 0, limit, before, last, project }) =>
      last === undefined && before === undefined
        ? daemon.events.read(after, limit, project)
        : daemon.events
            .readLast(Math.min(last ?? mostEvents, mostEvents), project, before)
            .filter(({ seq }) => seq > after),
    ),
    "events.follow": method("events.follow", ({ after, project }, context) => {
      const subscription: Subscription<DaemonEvent> = context.subscribe();
      const seq = after ?? daemon.events.seq;
      const following = followEvents(daemon.events, seq, {
        project,
        send: (event) => void subscription.notify(event),
        drained: () => subscription.drained(),
        get isGone() {
          return subscription.ended;
        },
      });
      subscription.onEnd(() => void following.then((leave) => leave()));
      return { subscription: subscription.id, seq };
    }),
  };
}

function logQuery({ targets: _, since, until, ...query }: Methods["logs.read"]["params"]): LogQuery {
  return {
    ...query,
    ...(since === undefined ? {} : { since: Date.parse(since) }),
    ...(until === undefined ? {} : { until: Date.parse(until) }),
  };
}
