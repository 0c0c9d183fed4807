import { expect, test, vi } from "vitest";
import {
  type Clock,
  GateOwner,
  loop,
  restart,
  Service,
  type ServiceHandle,
  ShutdownToken,
  Supervisor,
  serviceChild,
  stream,
  systemClock,
  type TaskKind,
  Wake,
} from "../src/index.ts";
import { VirtualClock } from "../src/testing/index.ts";
import { activeResources, newResources } from "./active-resources.ts";
import { countListeners } from "./listener-count.ts";

test("1,000 starts and stops of a whole service leave no timer, no listener and no task", async () => {
  const listeners = countListeners();
  const clock = new VirtualClock();
  const shutdown = new ShutdownToken();
  let tasksLeft = 0;
  for (let i = 0; i < 1_000; i++) {
    const supervisor = new Supervisor({
      clock,
      children: [
        restart("sync", ({ token }) => clock.sleep(60_000, token)),
        restart("peer", ({ token }) => token.cancelled),
      ],
    });
    const service = new Service({
      name: "cycle",
      clock,
      shutdown,
      lifecycle: {
        onStart: ({ tasks }) =>
          void tasks.spawn("beat", { kind: "background-loop" }, (token) => clock.sleep(9e9, token)),
        run: (ctx) => supervisor.run(ctx.shutdown),
      },
    });
    const status = service.start();
    await service.handle().waitUntilRunning();
    await clock.advance(0);
    expect(service.handle().tasks()).toHaveLength(1);
    service.handle().requestShutdown();
    expect((await status).exitCode).toBe(0);
    tasksLeft += service.handle().tasks().length;
  }
  listeners.end();
  expect([clock.pending, listeners.current, tasksLeft]).toEqual([0, 0, 0]);
});

const kinds: readonly TaskKind[] = ["background-loop", "peer-connection", "rpc-handler", "maintenance"];

/** A service with one of everything that can be left behind, every part of it waiting for something. */
function fullService(clock: Clock, shutdown: ShutdownToken): Service {
  const gate = new GateOwner();
  const wake = new Wake(clock);
  const pass = loop({
    clock,
    everyMs: 60_000,
    steps: [{ name: "step", timeoutMs: 60_000, run: (token) => clock.sleep(60_000, token) }],
  });
  const nested = {
    clock,
    lifecycle: { run: (ctx: { shutdown: ShutdownToken }) => ctx.shutdown.cancelled.then(() => {}) },
  };
  const supervisor = new Supervisor({
    clock,
    stopBudgetMs: 5_000,
    children: [
      restart("pass", ({ token }) => pass.run(token)),
      restart("stream", ({ token }) =>
        stream({ clock, gate, idleTimeoutMs: 60_000, connect: quietSession, onEvent: () => {} }, token),
      ),
      restart("broken stream", ({ token }) =>
        stream({ clock, connect: () => Promise.reject(new Error("refused")), onEvent: () => {} }, token),
      ),
      restart("waits", ({ token }) => wake.wait(60_000, token)),
      restart("gated", ({ token }) => gate.gate.closed(token)),
      {
        id: "backs off",
        start: () => Promise.reject(new Error("x")),
        backoff: { initialMs: 60_000, factor: 1, maxMs: 60_000 },
      },
      serviceChild("service", nested),
    ],
  });
  const signals: AbortSignal[] = [];
  return new Service({
    name: "full",
    clock,
    shutdown,
    lifecycle: {
      onStart({ tasks }) {
        for (const kind of kinds) {
          tasks.spawn(kind, { kind }, async (token) => {
            signals.push(token.signal);
            await clock.sleep(9e9, token);
          });
        }
        tasks.spawn("ends at once", { kind: "maintenance" }, () => {});
      },
      run: (ctx) => supervisor.run(ctx.shutdown),
      reload: (_config, { token }) => clock.sleep(1, token).then(() => {}),
      postStop() {
        expect(signals.filter((signal) => signal.aborted)).toHaveLength(kinds.length);
      },
    },
  });
}

/** A session in which nothing is ever said, and that ends with its token. */
async function quietSession({ token }: { readonly token: ShutdownToken }): Promise<AsyncIterable<never>> {
  return {
    [Symbol.asyncIterator]: () => ({
      next: async () => {
        await token.cancelled;
        return { done: true, value: undefined };
      },
    }),
  };
}

/** The listeners that are on a signal, from now on. */
function countAbortListeners(signal: AbortSignal): { readonly current: number } {
  const listening = new Set<unknown>();
  const add = vi.spyOn(signal, "addEventListener");
  add.mockImplementation((_type: string, listener: unknown) => void listening.add(listener));
  const remove = vi.spyOn(signal, "removeEventListener");
  remove.mockImplementation((_type: string, listener: unknown) => void listening.delete(listener));
  return {
    get current() {
      return listening.size;
    },
  };
}

async function cycle(
  clock: Clock,
  foreign: AbortSignal,
  fromAbove: boolean,
  run: (handle: ServiceHandle) => Promise<void>,
) {
  const shutdown = new ShutdownToken();
  const leave = shutdown.adopt(foreign);
  const service = fullService(clock, shutdown);
  const handle = service.handle();
  const status = service.start();
  await handle.waitUntilRunning();
  await run(handle);
  if (fromAbove) shutdown.cancel({ kind: "user-requested" });
  else handle.requestShutdown();
  expect(await status).toMatchObject({ exitCode: 0 });
  expect(handle.tasks()).toEqual([]);
  // A token that was cancelled has left the signal by itself.
  if (!fromAbove) leave();
}

test("1,000 cycles of a service with one of everything leave no timer and no listener, at any point of their run", async () => {
  const listeners = countListeners();
  const clock = new VirtualClock();
  const { signal } = new AbortController();
  const foreign = countAbortListeners(signal);
  for (let i = 0; i < 1_000; i++) {
    await cycle(clock, signal, i % 8 > 3, async (handle) => {
      // Stopped while it starts, while it runs, while something reloads, while something is due.
      if (i % 4 > 0) await clock.advance(0);
      if (i % 4 > 1) void handle.reload();
      if (i % 4 > 2) await clock.advance(1);
      expect(foreign.current).toBe(1);
    });
    expect([clock.pending, listeners.current, foreign.current]).toEqual([0, 0, 0]);
  }
  listeners.end();
});

test("1,000 cycles on the clock of the platform leave no handle", async () => {
  const { signal } = new AbortController();
  const foreign = countAbortListeners(signal);
  const before = activeResources();
  for (let i = 0; i < 1_000; i++) {
    await cycle(systemClock, signal, i % 4 > 1, async () => {
      if (i % 2 > 0) await systemClock.sleep(0);
    });
  }
  // What runs these tests has timers of its own that come and go.
  for (let looks = 0; looks < 100 && newResources(before).length > 0; looks++) await systemClock.sleep(20);
  expect([newResources(before), foreign.current]).toEqual([[], 0]);
});
