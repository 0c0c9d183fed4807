import type { MethodTable, Subscription } from "@holdfast/rpc";
import type { Daemon } from "../daemon.ts";
import { followLogs } from "../logs/follow-logs.ts";
import type { DaemonEvent, LogEvent, Methods } from "./contract.ts";
import { type OwnMethod, parseParams } from "./params.ts";

/** The methods of a daemon, ready to be served. */
export function methodTable(daemon: Daemon): MethodTable<Methods> {
  const method = <K extends OwnMethod>(
    name: K,
    call: MethodTable<Methods>[K]["call"],
  ): MethodTable<Methods>[K] =>
    ({ parse: (params: unknown) => parseParams(name, params), call }) as MethodTable<Methods>[K];

  return {
    "system.info": method("system.info", () => daemon.info()),
    "system.shutdown": method("system.shutdown", ({ keepApps }) => {
      daemon.requestShutdown({ keepApps: keepApps ?? false });
      return {};
    }),
    "apps.list": method("apps.list", ({ project }) => daemon.list(project)),
    "apps.get": method("apps.get", (target) => daemon.listTargets([target])),
    "apps.apply": method("apps.apply", ({ spec, names, removeOrphans }) =>
      daemon.apply(spec, names, removeOrphans),
    ),
    "apps.start": method("apps.start", ({ targets }) => daemon.start(targets)),
    "apps.stop": method("apps.stop", ({ targets, timeoutMs }) => daemon.stop(targets, timeoutMs)),
    "apps.restart": method("apps.restart", ({ targets, timeoutMs }) => daemon.restart(targets, timeoutMs)),
    "operations.get": method("operations.get", ({ id }) => daemon.operations.get(id)),
    "operations.list": method("operations.list", ({ project }) => daemon.operations.list(project)),
    "operations.wait": method("operations.wait", ({ ids }) => daemon.operations.wait(ids)),
    "logs.read": method("logs.read", ({ targets, lines, since }) =>
      daemon.logs.read(daemon.logSources(targets), range(lines, since)),
    ),
    "logs.follow": method("logs.follow", ({ targets, lines, since }, context) => {
      const subscription: Subscription<LogEvent> = context.subscribe();
      const following = followLogs(subscription, daemon.logSources(targets), range(lines, since));
      // Apps that are added to a followed project later are followed from their first line.
      const stop = daemon.events.onEvent((event) => {
        if (event.type !== "project") return;
        const whole = targets.filter(
          (target) => target.name === undefined && target.project === event.project,
        );
        for (const source of daemon.logSources(whole)) following.add(source);
      });
      subscription.onEnd(stop);
      daemon.tasks.spawn("logs.follow", { kind: "rpc-handler" }, () => following.done);
      return { subscription: subscription.id };
    }),
    "events.read": method("events.read", ({ after, limit }) => daemon.events.read(after ?? 0, limit)),
    "events.follow": method("events.follow", ({ after, project }, context) => {
      const subscription: Subscription<DaemonEvent> = context.subscribe();
      const send = (event: DaemonEvent): void => {
        if (project === undefined || event.project === project) subscription.notify(event);
      };
      const seq = after ?? daemon.events.seq;
      for (const event of daemon.events.read(seq)) send(event);
      subscription.onEnd(daemon.events.onEvent(send));
      return { subscription: subscription.id, seq };
    }),
  };
}

function range(lines: number | undefined, since: string | undefined): { lines?: number; since?: number } {
  return {
    ...(lines === undefined ? {} : { lines }),
    ...(since === undefined ? {} : { since: Date.parse(since) }),
  };
}
