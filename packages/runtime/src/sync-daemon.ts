import { patientBackoff } from "./backoff.ts";
import type { ChildSpec } from "./child-spec.ts";
import { systemClock } from "./clock.ts";
import { connectionCheck } from "./connection-check.ts";
import { HoldfastError } from "./errors.ts";
import { GateOwner } from "./gate.ts";
import { RwLock } from "./lock.ts";
import { type Loop, loop, type Step } from "./loop.ts";
import { systemRandom } from "./random.ts";
import { type ShutdownReason, ShutdownToken } from "./shutdown.ts";
import { TerminalError } from "./stream.ts";
import { Supervisor } from "./supervisor.ts";
import type { SyncDaemon, SyncDaemonOptions, SyncPart, SyncPass, SyncStep } from "./sync-daemon-options.ts";

/**
 * The structure of a program that keeps itself in step with a remote: connection check, start-up, passes,
 * mailboxes and event streams, each a unit of its own, contained and restarted alone. Returns at once,
 * already starting. By default more than 10 restarts within a minute, over all units, end it as failed.
 */
export function syncDaemon(options: SyncDaemonOptions): SyncDaemon {
  const { connection, passes = {}, mailboxes = {}, streams = {}, manual = false } = options;
  const { clock = systemClock, random = systemRandom, intensity = 10, periodMs = 60_000 } = options;
  const { stepTimeoutMs = 60_000, lockTimeoutMs = 30_000, stopBudgetMs = 10_000 } = options;
  const connected = new GateOwner();
  const lock = new RwLock({ name: "the daemon", clock });
  const [looked, startedUp] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];

  const step = ({ when, lock: mode, ...rest }: SyncStep): Step => ({
    timeoutMs: stepTimeoutMs,
    ...rest,
    ...(when && { when: when === "connected" ? connected.gate : when }),
    run: (token) => {
      const work = () => rest.run(token);
      return mode ? lock[mode](work, { as: rest.name, timeoutMs: lockTimeoutMs, token }) : work();
    },
  });
  const pass = (name: string, { steps, ...when }: SyncPass, onPass?: () => void): Loop =>
    loop({
      ...(!manual && when),
      steps: steps.map(step),
      onPass: (report) => {
        onPass?.();
        options.onPass?.(name, report);
      },
      clock,
    });
  const part = (name: string): SyncPart => {
    const gate = new GateOwner();
    gate.gate.onChange((isOpen) => {
      if (isOpen !== connected.gate.isOpen) void check.trigger();
    });
    return { clock, random, gate, manual, onPass: (report) => options.onPass?.(name, report) };
  };
  const check = connectionCheck({
    ...connection,
    gate: connected,
    immediate: true,
    // Where there is no stream to fall, nothing else notices a drop.
    when: manual || Object.keys(streams).length === 0 ? "always" : "while-closed",
    onResult: (...result) => {
      looked.resolve();
      connection.onResult?.(...result);
    },
    clock,
  });

  const startUp = pass("start-up", { steps: options.startUp ?? [], immediate: true }, startedUp.resolve);
  const mail = new Map(Object.entries(mailboxes).map(([name, open]) => [name, open(part(name))]));
  const loops: readonly (readonly [string, Loop])[] = [
    ...Object.entries(passes).map(([name, made]) => [name, pass(name, made)] as const),
    ...mail,
  ];
  const named = new Map<string, Loop>([["connection", check], ["start-up", startUp], ...loops]);

  const unit = (id: string, start: (token: ShutdownToken) => unknown, ready?: Promise<void>): ChildSpec => ({
    id,
    start: ({ token }) => start(token),
    backoff: patientBackoff,
    stop: { timeoutMs: stopBudgetMs },
    ...(ready && { ready: () => ready }),
  });
  const supervisor = new Supervisor({
    children: [
      unit("connection", check.run, looked.promise),
      unit("start-up", startUp.run, manual ? undefined : startedUp.promise),
      ...loops.map(([id, { run }]) => unit(id, run)),
      ...Object.entries(manual ? {} : streams).map(([id, open]) =>
        unit(id, (token) => open(token, part(id)).catch(endedForGood)),
      ),
    ],
    stopOrder: "together",
    ...{ stopBudgetMs, intensity, periodMs, clock, random },
  });
  // A failed start is told by `done` as well.
  supervisor.start().catch(() => {});
  const ended = new ShutdownToken();
  void supervisor.done.then(() =>
    ended.cancel({ kind: "requested-by-run", message: "the daemon has ended" }),
  );
  let deleting: Promise<void> | undefined;
  const drainThenWipe = async (wipe: () => unknown, reason?: ShutdownReason) => {
    try {
      const { left } = await supervisor.stop(reason);
      if (left.length > 0) {
        const message = `not wiped: ${left.join(", ")} did not stop`;
        throw new HoldfastError("NOT_DRAINED", message, { details: { left } });
      }
      await lock.write(wipe, { as: "delete", timeoutMs: lockTimeoutMs });
    } catch (error) {
      deleting = undefined;
      throw error;
    }
  };

  return {
    connected: connected.gate,
    lock,
    supervisor,
    trigger: (name) => known(named, name).trigger(ended),
    judgeAgain: (name) => known(mail, name).judgeAgain(ended),
    stop: (reason) => void supervisor.stop(reason),
    stopWait: (reason) => supervisor.stop(reason),
    delete: (wipe, reason) => (deleting ??= drainThenWipe(wipe, reason)),
    [Symbol.asyncDispose]: () => supervisor[Symbol.asyncDispose](),
  };
}

/** A stream that its server ended for good stays closed; its state has told why. */
function endedForGood(error: unknown): "do-not-restart" {
  if (error instanceof TerminalError) return "do-not-restart";
  throw error;
}

function known<T>(units: ReadonlyMap<string, T>, name: string): T {
  const unit = units.get(name);
  if (!unit) throw new TypeError(`nothing to trigger is called ${name}: ${[...units.keys()].join(", ")}`);
  return unit;
}
