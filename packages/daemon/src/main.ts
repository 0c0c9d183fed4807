/** The daemon as a program: a real clock, real processes, a home directory, a socket. */
import { join } from "node:path";
import {
  acquireLock,
  type HomeLock,
  listenUnixSocket,
  openCgroupHome,
  openHome,
  openLauncher,
  RunDirectory,
  type UnixSocketServer,
} from "@holdfast/platform";
import {
  Service,
  type ServiceHandle,
  type ShutdownToken,
  systemClock,
  systemRandom,
} from "@holdfast/runtime";
import { Daemon } from "./daemon.ts";
import { LogBook } from "./logs/log-book.ts";
import { realMachine } from "./machine.ts";
import { ProcessRunner } from "./runner/process-runner.ts";
import { ApiServer } from "./server.ts";
import { StateDatabase } from "./store/state-database.ts";
import { daemonVersion } from "./version.ts";

export interface DaemonProgram {
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** True when an `up` started it. */
  readonly onDemand: boolean;
  /** When cancelled, the apps are stopped and the daemon ends. */
  readonly token: ShutdownToken;
}

/** How much time is left for connections and the disk once the apps are gone. */
const stopBudgetMs = 5_000;

/**
 * A service that is the daemon. Its start rejects with `PRE_START_FAILED`, whose cause is `ALREADY_RUNNING` when
 * another daemon owns the home.
 */
export function daemonService({ variables, onDemand, token }: DaemonProgram): Service {
  const clock = systemClock;
  const random = systemRandom;
  const opened = new AsyncDisposableStack();
  let lock: HomeLock | undefined;
  let daemon: Daemon | undefined;
  let server: UnixSocketServer | undefined;

  return new Service({
    name: "holdfast",
    stopBudgetMs,
    lifecycle: {
      preStart() {
        const home = openHome(variables);
        lock = opened.use(acquireLock(home));
      },

      async onStart() {
        const home = openHome(variables);
        const runDirectory = new RunDirectory(join(home.path, "run"), { clock });
        opened.defer(() => runDirectory.close());
        await runDirectory.settled();
        const launcher = opened.use(await openLauncher({ runDirectory, clock }));
        const cgroups = openCgroupHome(home.id, variables);
        const runner = new ProcessRunner({
          clock,
          launcher,
          runDirectory,
          ...(cgroups === undefined ? {} : { cgroups }),
        });
        const database = new StateDatabase(join(home.path, "state.db"));
        opened.defer(() => database.close());
        const logs = new LogBook(join(home.path, "apps"), clock);
        daemon = new Daemon({
          clock,
          random,
          database,
          logs,
          machine: realMachine({ clock, runner, logs }),
          info: {
            pid: process.pid,
            version: daemonVersion(),
            home: home.path,
            socket: home.socketPath,
            http: null,
            since: new Date(clock.now()).toISOString(),
            onDemand,
          },
        });
        await daemon.resume();
        const api = new ApiServer(daemon);
        server = await listenUnixSocket(home.socketPath, (channel) => api.accept(channel));
        opened.defer(() => api.close());
        opened.use(server);
      },

      /** Until somebody asks it to end; then the apps are stopped, in as much time as they themselves are given. */
      async run() {
        if (daemon === undefined) return;
        const { requestShutdown } = daemon;
        const forget = token.onCancel(() => requestShutdown({ keepApps: false }));
        const wish = await daemon.shutdownAsked;
        forget();
        const laggards = await daemon.end(wish, stopBudgetMs);
        if (laggards.length > 0) console.error(`holdfast: still running at the end: ${laggards.join(", ")}`);
      },

      async postStop() {
        await opened.disposeAsync();
      },
    },
  });
}

export type { ServiceHandle };
