/** The daemon as a program: a real clock, real processes, a home directory, a socket. */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  type AlreadyRunningError,
  acquireLock,
  listenUnixSocket,
  openCgroupHome,
  openHome,
  openLauncher,
  openLimitHome,
  RunDirectory,
  repairRecords,
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
import { setFailpoints } from "@holdfast/runtime/failpoints";
import { audited, auditFile } from "./api/audit.ts";
import type { SystemInfo } from "./api/contract.ts";
import { methodTable } from "./api/methods.ts";
import { clientLimits } from "./client-limits.ts";
import { Daemon } from "./daemon.ts";
import { bootTime, diskOf } from "./describe/describe-system.ts";
import { untilIdle } from "./end-when-idle.ts";
import { giveMemoryBack } from "./give-memory-back.ts";
import { realHooks } from "./hooks/real-hooks.ts";
import type { DoorOptions, OpenDoor } from "./http/open-door.ts";
import { readOrMakeToken } from "./http/token-file.ts";
import { openLogBook } from "./logs/open-log-book.ts";
import { realMachine } from "./machine.ts";
import { remoteLater } from "./remote/remote-later.ts";
import { ProcessRunner } from "./runner/process-runner.ts";
import { SecretFiles, secretsPath } from "./runner/secret-files.ts";
import { ApiServer } from "./server.ts";
import { hasRoom } from "./store/has-room.ts";
import { describeRestored, openState } from "./store/open-state.ts";
import { daemonVersion } from "./version.ts";
import { watchFiles } from "./watch/tree-watch.ts";

export interface DaemonProgram {
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** True when an `up` started it. */
  readonly onDemand: boolean;
  /** Where the dashboard's files are; absent where it was not built. */
  readonly pages?: string;
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
  setOwnFailpoints(program.variables);
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
export function daemonService({ variables, onDemand, pages, token }: DaemonProgram): Service {
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
        const secret = readOrMakeToken(join(home.path, "token"));
        const runDirectory = new RunDirectory(join(home.path, "run"), { clock });
        opened.defer(() => runDirectory.close());
        for (const { cookie, pid } of repairRecords(runDirectory, await runDirectory.settled())) {
          console.error(`holdfast: ${cookie}.pid was torn; its program runs on as ${pid}`);
        }
        const launcher = opened.use(await openLauncher({ runDirectory, clock }));
        const cgroups = openCgroupHome(home.id, variables);
        opened.defer(() => void cgroups?.remove());
        const secrets = new SecretFiles(secretsPath(home, variables));
        await secrets.keepOnly(runDirectory.list());
        opened.defer(() => secrets.close());
        const limits = openLimitHome(home.id, variables, cgroups);
        opened.defer(() => limits.remove());
        const runner = new ProcessRunner({
          clock,
          launcher,
          runDirectory,
          limits,
          secrets,
          ...(cgroups === undefined ? {} : { cgroups }),
        });
        const state = opened.use(openState(home.path, clock));
        if (state.restored !== undefined) console.error(`holdfast: ${describeRestored(state.restored)}`);
        const startedAt = clock.now();
        const version = daemonVersion();
        let door: OpenDoor | undefined;
        let noDoor = "it is still being started";
        const doorKnown = Promise.withResolvers<void>();
        const info = (): SystemInfo => ({
          pid: process.pid,
          version,
          home: home.path,
          socket: home.socketPath,
          http: door?.server.url ?? null,
          since: new Date(startedAt).toISOString(),
          onDemand,
        });
        const logs = openLogBook(join(home.path, "apps"), clock, variables);
        const daemon = new Daemon({
          clock,
          random,
          database: state.database,
          ...(state.restored === undefined ? {} : { restored: state.restored }),
          // biome-ignore lint/style/noRestrictedGlobals: the end of this turn is meant, and no time.
          atEndOfTurn: (work) => void setImmediate(work),
          hasRoom: (kind) => hasRoom(home.path, state.database, kind),
          logs,
          machine: realMachine({ clock, runner, logs }),
          watchFiles: watchFiles(clock),
          hooks: realHooks,
          machineFigures: () => ({
            disk: diskOf(home.path),
            memoryBytes: process.memoryUsage.rss(),
            boot: new Date(bootTime() ?? startedAt).toISOString(),
          }),
          info: (settled = false) => (settled ? doorKnown.promise.then(() => info()) : info()),
        });
        await daemon.resume();
        opened.defer(giveMemoryBack(clock));
        const api = opened.use(new AsyncDisposableStack());
        const remote = remoteLater({
          ...{ home: home.path, clock, random },
          onError: (error, where) => console.error(`holdfast: ${where}: ${describeError(error)}`),
        });
        const anyDoor = (): OpenDoor => {
          if (door !== undefined) return door;
          throw new HoldfastError("NO_HTTP", `there is no HTTP server: ${noDoor}`);
        };
        const methods = methodTable(daemon, anyDoor, remote.find);
        const audit = auditFile(join(home.path, "audit.log"), (error) =>
          console.error("holdfast: audit.log cannot be written:", error),
        );
        const table = audited(methods, clock, audit);
        const server = new ApiServer(daemon, table, remote.tunnel);
        const most = clientLimits();
        const socket = api.use(
          await listenUnixSocket(home.socketPath, (channel) => server.accept(channel), {
            maxLineBytes,
            maxConnections: most.socket,
          }),
        );
        // After its server, whose last words it carries.
        api.use(remote);
        api.defer(() => server.close());
        remote.begin({
          table,
          serve: (channel, ...how) => server.serve(channel, ...how),
        });
        // Nobody's start waits for it, and a port that cannot be had is no reason not to keep apps up.
        const opening = openDoorLater({
          clock,
          daemon,
          table,
          home: home.path,
          token: secret,
          variables,
          version,
          startedAt,
          maxConnections: most.http,
          ...(pages === undefined ? {} : { pages }),
        });
        void opening.then((opened) => {
          if (opened instanceof Error) {
            noDoor = opened.message;
            console.error(`holdfast: no HTTP: ${opened.message}`);
          } else {
            door = opened;
            noDoor = "HOLDFAST_HTTP is off";
          }
          doorKnown.resolve();
        });
        api.defer(async () => {
          await opening;
          await door?.[Symbol.asyncDispose]();
        });
        const isConnected = (): boolean =>
          socket.connections > 0 || (door?.server.connections ?? 0) > 0 || remote.isServing;
        running = { daemon, api, isConnected };
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

/** The HTTP server's code is loaded when the daemon is up already. */
async function openDoorLater(options: Omit<DoorOptions, "onError">): Promise<OpenDoor | undefined | Error> {
  try {
    const { openDoor } = await import("./http/open-door.ts");
    const onError = (error: unknown, where: string): void => console.error(`${where} failed:`, error);
    return await openDoor({ ...options, onError });
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/**
 * For tests: `HOLDFAST_FAILPOINT` says where this process dies, is held or fails; `HOLDFAST_FAILPOINT_HITS` names the
 * file that gets all the points it came by.
 */
function setOwnFailpoints(variables: DaemonProgram["variables"]): void {
  const { HOLDFAST_FAILPOINT: text = "", HOLDFAST_FAILPOINT_HITS: hits } = variables as Readonly<
    Record<"HOLDFAST_FAILPOINT" | "HOLDFAST_FAILPOINT_HITS", string | undefined>
  >;
  if (text === "" && hits === undefined) return;
  const points = setFailpoints(text, {
    clock: systemClock,
    kill: () => process.kill(process.pid, "SIGKILL"),
    pause: () => process.kill(process.pid, "SIGSTOP"),
  });
  if (hits !== undefined) {
    process.on("exit", () => writeFileSync(hits, JSON.stringify(Object.fromEntries(points.hits))));
  }
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
