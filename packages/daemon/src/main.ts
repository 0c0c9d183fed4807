/** The daemon as a program: a real clock, real processes, a home directory, a socket. */
import { join } from "node:path";
import {
  type AlreadyRunningError,
  acquireLock,
  listenUnixSocket,
  openCgroupHome,
  openHome,
  openLauncher,
  RunDirectory,
  runMain,
} from "@holdfast/platform";
import {
  describeError,
  HoldfastError,
  type Pending,
  Service,
  type ShutdownToken,
  systemClock,
  systemRandom,
} from "@holdfast/runtime";
import { Daemon } from "./daemon.ts";
import { untilIdle } from "./end-when-idle.ts";
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

/** How long a daemon that an `up` started for itself stays when nobody needs it. */
const idleMs = 10_000;

/** The exit code of a daemon that found another one in its home. */
const homeOwnedExitCode = 73;

/** A project of hundreds of apps with large environments comes in one line. */
const maxLineBytes = 16 * 1024 * 1024;

/**
 * Runs the daemon until a signal or the API asks it to end, and exits the process: 0, or 1 when something failed or
 * overran, or 73 when another daemon owns the home.
 */
export function runDaemon(program: Omit<DaemonProgram, "token">): Promise<never> {
  let pending = (): readonly Pending[] => [];
  return runMain(
    async (token) => {
      const service = daemonService({ ...program, token });
      pending = () => service.handle().pending();
      try {
        return (await service.start()).exitCode;
      } catch (error) {
        const owned = alreadyRunning(error);
        console.error(`holdfast: ${owned?.message ?? describeError(causeOf(error))}`);
        return owned === undefined ? 1 : homeOwnedExitCode;
      }
    },
    {
      hung: () =>
        pending().map((each) => `${each.phase}: ${each.name} (${(each.ageMs / 1000).toFixed(1)} s)`),
    },
  );
}

/**
 * A service that is the daemon. Its start rejects with `PRE_START_FAILED`, whose cause is `ALREADY_RUNNING` when
 * another daemon owns the home.
 */
export function daemonService({ variables, onDemand, token }: DaemonProgram): Service {
  const clock = systemClock;
  const random = systemRandom;
  const opened = new AsyncDisposableStack();
  let running:
    | { readonly daemon: Daemon; readonly api: AsyncDisposable; readonly isConnected: () => boolean }
    | undefined;

  return new Service({
    name: "holdfast",
    stopBudgetMs,
    lifecycle: {
      preStart() {
        opened.use(acquireLock(openHome(variables)));
      },

      async onStart() {
        const home = openHome(variables);
        const runDirectory = new RunDirectory(join(home.path, "run"), { clock });
        opened.defer(() => runDirectory.close());
        await runDirectory.settled();
        const launcher = opened.use(await openLauncher({ runDirectory, clock }));
        const cgroups = openCgroupHome(home.id, variables);
        opened.defer(() => void cgroups?.remove());
        const runner = new ProcessRunner({
          clock,
          launcher,
          runDirectory,
          ...(cgroups === undefined ? {} : { cgroups }),
        });
        const database = new StateDatabase(join(home.path, "state.db"));
        opened.defer(() => database.close());
        const logs = new LogBook(join(home.path, "apps"), clock);
        const daemon = new Daemon({
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
        const api = opened.use(new AsyncDisposableStack());
        const server = new ApiServer(daemon);
        const socket = api.use(
          await listenUnixSocket(home.socketPath, (channel) => server.accept(channel), { maxLineBytes }),
        );
        api.defer(() => server.close());
        running = { daemon, api, isConnected: () => socket.connections > 0 };
      },

      /** Until somebody asks it to end; then the apps are stopped, in as much time as they themselves are given. */
      async run() {
        if (running === undefined) return;
        const { daemon, api, isConnected } = running;
        const forget = token.onCancel(() => daemon.requestShutdown({ keepApps: false }));
        if (onDemand) {
          daemon.tasks.spawn("idle watch", { kind: "maintenance" }, async (own) => {
            const isNeeded = (): boolean => isConnected() || daemon.hasLiveApps;
            const end = await untilIdle({ clock, token: own, idleMs, isNeeded });
            if (end === "idle") daemon.requestShutdown({ keepApps: true });
          });
        }
        const { keepApps } = await daemon.shutdownAsked;
        forget();
        if (!keepApps) await daemon.stopApps();
        await api[Symbol.asyncDispose]();
        const laggards = await daemon.end(stopBudgetMs / 2);
        if (laggards.length > 0) console.error(`holdfast: still running at the end: ${laggards.join(", ")}`);
      },

      async postStop() {
        await opened.disposeAsync();
      },
    },
  });
}

/** What a phase of the service failed with; that it was a phase of one says nothing to a user. */
function causeOf(error: unknown): unknown {
  return error instanceof HoldfastError && error.cause instanceof Error ? error.cause : error;
}

function alreadyRunning(error: unknown): AlreadyRunningError | undefined {
  const cause = error instanceof HoldfastError ? error.cause : undefined;
  return cause instanceof HoldfastError && cause.code === "ALREADY_RUNNING"
    ? (cause as AlreadyRunningError)
    : undefined;
}
