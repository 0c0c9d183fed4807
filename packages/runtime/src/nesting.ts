import type { ChildSpec } from "./child-spec.ts";
import type { ServiceHandle } from "./lifecycle.ts";
import { Service, type ServiceOptions } from "./service.ts";
import { Supervisor } from "./supervisor.ts";
import type { SupervisorOptions } from "./supervisor-options.ts";

type More = Partial<Omit<ChildSpec, "id" | "start" | "ready">>;

/**
 * A supervisor as a child: made anew for each start, ready when all its children are, failed when it failed.
 * It ends by the deadlines of its own children, so by default its stop has none.
 */
export function supervisorChild(
  id: string,
  options: Omit<SupervisorOptions, "shutdown">,
  more: More = {},
): ChildSpec {
  return {
    id,
    stop: "infinity",
    ...more,
    ready: "told",
    async start(ctx) {
      const supervisor = new Supervisor({ ...options, shutdown: ctx.token });
      ctx.nest(supervisor);
      await supervisor.start();
      ctx.ready();
      const exit = await supervisor.done;
      switch (exit.kind) {
        case "failed":
          throw exit.error;
        case "auto-shutdown":
          return exit.by === "verdict" ? "end-tree" : undefined;
        case "stopped":
          return undefined;
      }
    },
  };
}

/**
 * A service as a child: made anew for each start, ready once `onStart` is done. Its stop ends by its own budget. Its
 * own shutdown with `reload-requested` starts it again, unless it is temporary. `onHandle` is given each run's handle.
 */
export function serviceChild(
  id: string,
  options: Omit<ServiceOptions, "shutdown" | "name">,
  more: More & { readonly onHandle?: (handle: ServiceHandle) => void } = {},
): ChildSpec {
  const { onHandle, ...rest } = more;
  return {
    id,
    stop: "infinity",
    ...rest,
    ready: "told",
    async start(ctx) {
      const service = new Service({ ...options, name: id, shutdown: ctx.token });
      const handle = service.handle();
      onHandle?.(handle);
      void handle.waitUntilRunning().then((running) => running && ctx.ready());
      const { reason } = await service.start();
      return reason.kind === "requested" && reason.reason.kind === "reload-requested" ? "restart" : undefined;
    },
  };
}
