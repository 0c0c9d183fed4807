import { expect, test, vi } from "vitest";
import {
  HoldfastError,
  type OperationEntry,
  Operations,
  type OperationsOptions,
  ShutdownToken,
  Store,
} from "../src/index.ts";
import { VirtualClock } from "../src/testing/index.ts";

function setUp(options: OperationsOptions = {}) {
  const clock = new VirtualClock();
  const store = new Store<string>();
  store.set("web", "running");
  const seen: string[] = [];
  store.subscribe(({ id, value }) => seen.push(`${id} ${value ?? "gone"}`));
  const log: OperationEntry[] = [];
  const operations = new Operations(store, { clock, log: (entry) => log.push(entry), ...options });
  const stop = { id: "web", name: "stop", via: "stopping", to: "stopped" } as const;
  return { clock, store, seen, log, operations, stop };
}

test("A-01 beginning answers at once while the work takes its 600 s", async () => {
  const { clock, store, operations, stop } = setUp();
  const operation = operations.begin({ ...stop, run: () => clock.sleep(600_000) });
  expect(store.get("web")).toBe("stopping");
  await clock.advance(599_999);
  expect(operations.running("web")).toBe(operation);
  await clock.advance(1);
  expect(await operation.done).toEqual({ kind: "done" });
  expect([store.get("web"), operations.running("web")]).toEqual(["stopped", undefined]);
});

test("A-02 the transitional state is published before begin returns, and before the work begins", () => {
  const { seen, operations, stop } = setUp();
  let seenByWork: readonly string[] = [];
  operations.begin({
    ...stop,
    run: () => {
      seenByWork = [...seen];
    },
  });
  expect(seen).toEqual(["web stopping"]);
  expect(seenByWork).toEqual(["web stopping"]);
});

test("A-03 failure reverts to the state before, and the log keeps the cause chain", async () => {
  const { store, seen, log, operations, stop } = setUp();
  const error = new HoldfastError("ENGINE", "engine said no", { cause: new Error("socket closed") });
  const { done } = operations.begin({ ...stop, run: async () => Promise.reject(error) });
  expect(await done).toEqual({ kind: "failed", error });
  expect([store.get("web"), seen]).toEqual(["running", ["web stopping", "web running"]]);
  expect(log.map(({ line }) => line)).toEqual(["STOP", "STOP FAIL: web: engine said no: socket closed"]);
});

test("A-03 success writes the final state, also one that is learnt when the work is done", async () => {
  const { store, log, operations, stop } = setUp();
  await operations.begin({ ...stop, to: async () => "completed", run: () => {} }).done;
  expect([store.get("web"), log.at(-1)?.phase]).toEqual(["completed", "done"]);
});

test("A-03 failing to learn the final state, or throwing at once, reverts like any failure", async () => {
  const { store, operations, stop } = setUp();
  const unknown = operations.begin({
    ...stop,
    to: async () => Promise.reject(new Error("gone")),
    run: () => {},
  });
  expect(await unknown.done).toMatchObject({ kind: "failed" });
  const thrown = operations.begin({
    ...stop,
    run: () => {
      throw new Error("at once");
    },
  });
  expect(await thrown.done).toMatchObject({ kind: "failed" });
  expect(store.get("web")).toBe("running");
});

test("A-04 without an entry there is nothing to flip, and the operation still runs", async () => {
  const { seen, store, operations, stop } = setUp();
  let ran = false;
  const { done } = operations.begin({
    ...stop,
    id: "ghost",
    run: () => {
      ran = true;
    },
  });
  expect(await done).toEqual({ kind: "done" });
  expect([ran, seen, store.has("ghost")]).toEqual([true, [], false]);
  operations.observe("ghost", "stopped");
  expect(store.get("ghost")).toBe("stopped");
});

test("A-05 a scan never overwrites a transitional state, and what it saw is the truth if the operation fails", async () => {
  const { clock, store, operations, stop } = setUp();
  const run = async () => {
    await clock.sleep(10);
    throw new Error("timed out");
  };
  const { done } = operations.begin({ ...stop, run });
  operations.observe("web", "exited");
  expect(store.get("web")).toBe("stopping");
  await clock.advance(10);
  await done;
  expect(store.get("web")).toBe("exited");
});

test("A-05 a transitional state whose operation is gone is settled by the first scan", () => {
  const { store, operations } = setUp();
  store.set("web", "stopping");
  operations.observe("web", "running");
  expect(store.get("web")).toBe("running");
});

test("A-06 an entry removed meanwhile is not brought back, whether the operation ends well or not", async () => {
  for (const run of [async () => {}, async () => Promise.reject<void>(new Error("no"))]) {
    const { store, operations, stop } = setUp();
    const { done } = operations.begin({
      ...stop,
      run: async () => {
        store.delete("web");
        await run();
      },
    });
    await done;
    expect(store.has("web")).toBe(false);
  }
});

test("A-07 progress is written in stages, and none comes after the end", async () => {
  const { store, seen, operations } = setUp();
  let late: (via: string) => void = () => {};
  const { done } = operations.begin({
    id: "web",
    name: "install",
    via: "installing 0",
    to: "stopped",
    run: async (_token, progress) => {
      late = progress;
      progress("installing 50");
    },
  });
  await done;
  late("installing 99");
  expect(seen).toEqual(["web installing 0", "web installing 50", "web stopped"]);
  expect(store.get("web")).toBe("stopped");
});

test("one operation per id: the same request joins, another is refused by name, other ids go ahead", async () => {
  const { clock, store, operations, stop } = setUp();
  store.set("db", "running");
  let runs = 0;
  const run = async () => {
    runs++;
    await clock.sleep(10);
  };
  const first = operations.begin({ ...stop, run });
  expect(operations.begin({ ...stop, run })).toBe(first);
  expect(() => operations.begin({ id: "web", name: "start", via: "starting", to: "running", run })).toThrow(
    expect.objectContaining({
      code: "OPERATION_REFUSED",
      message: "web: cannot start, stop is under way",
      details: { id: "web", requested: "start", running: "stop" },
    }),
  );
  const other = operations.begin({ ...stop, id: "db", run });
  await clock.advance(10);
  await Promise.all([first.done, other.done]);
  expect(runs).toBe(2);
});

test("a replaced operation is told to stop, writes nothing more, and its transition is nothing to revert to", async () => {
  const { clock, store, seen, operations, stop } = setUp({ onConflict: () => "replace" });
  let heard: unknown;
  const start = operations.begin({
    id: "web",
    name: "start",
    via: "starting",
    to: "started",
    run: async (token) => {
      heard = await token.cancelled;
      await clock.sleep(50);
    },
  });
  const second = operations.begin({ ...stop, run: async () => Promise.reject(new Error("no")) });
  expect(await start.done).toEqual({ kind: "replaced" });
  await second.done;
  await clock.advance(100);
  expect(heard).toEqual({ kind: "requested-by-run", message: "replaced by stop" });
  expect([store.get("web"), seen]).toEqual(["running", ["web starting", "web stopping", "web running"]]);
});

test("the log tells every step with its time, its operation and what is done to whom", async () => {
  const { clock, log, operations, stop } = setUp();
  const began = clock.now();
  const { done } = operations.begin({
    ...stop,
    run: async (_token, progress) => {
      await clock.sleep(20);
      progress("stopping slowly");
      await clock.sleep(20);
    },
  });
  await clock.advance(40);
  await done;
  const web = { id: "web", name: "stop" };
  expect(log).toEqual([
    { ...web, at: began, phase: "begun", line: "STOP" },
    { ...web, at: began + 20, phase: "progress", line: "STOP …" },
    { ...web, at: began + 40, phase: "done", line: "STOP OK: web" },
  ]);
});

test("a failure is logged as one", async () => {
  const { log, operations, stop } = setUp();
  await operations.begin({ ...stop, run: async () => Promise.reject(new Error("no")) }).done;
  expect(log.map(({ phase, line }) => [phase, line])).toEqual([
    ["begun", "STOP"],
    ["failed", "STOP FAIL: web: no"],
  ]);
});

test("without options operations work just the same, unlogged", async () => {
  const store = new Store<string>();
  store.set("web", "running");
  const operations = new Operations(store);
  const { done } = operations.begin({ id: "web", name: "stop", via: "stopping", to: "stopped", run() {} });
  expect(await done).toEqual({ kind: "done" });
  expect(store.get("web")).toBe("stopped");
});

test("a log that throws harms no operation, and its error surfaces", async () => {
  const uncaught = vi.spyOn(globalThis, "queueMicrotask").mockImplementation(() => {});
  const { store, operations, stop } = setUp({
    log: () => {
      throw new Error("disk full");
    },
  });
  const { done } = operations.begin({ ...stop, run: () => {} });
  expect(await done).toEqual({ kind: "done" });
  expect(store.get("web")).toBe("stopped");
  const surfaced = uncaught.mock.calls.map(([job]) => job);
  uncaught.mockRestore();
  expect(surfaced).toHaveLength(2);
  expect(surfaced[0]).toThrow("disk full");
});

test("an operation's token is below the given one, and lets go of what listens to it at the end", async () => {
  const shutdown = new ShutdownToken();
  const { operations, stop } = setUp({ shutdown });
  const heard: string[] = [];
  const listen = (name: string) => (token: ShutdownToken) => void token.onCancel(() => heard.push(name));
  await operations.begin({ ...stop, run: listen("ended well") }).done;
  await operations.begin({
    ...stop,
    run: async (token) => {
      listen("failed")(token);
      throw new Error("no");
    },
  }).done;
  const { done } = operations.begin({
    ...stop,
    run: async (token) => {
      listen("running")(token);
      await token.cancelled;
      token.throwIfCancelled();
    },
  });
  shutdown.cancel({ kind: "user-requested" });
  expect(await done).toMatchObject({ kind: "failed", error: { code: "CANCELLED" } });
  expect(heard).toEqual(["running"]);
});

test("what two requests on one entry do to each other can be said by name", async () => {
  const asked: string[] = [];
  const { clock, store, operations, stop } = setUp({
    onConflict: (running, requested) => {
      asked.push(`${requested} during ${running}`);
      return requested === "restart" ? "join" : requested === "kill" ? "replace" : "refuse";
    },
  });
  const run = () => clock.sleep(10);
  const first = operations.begin({ ...stop, run });
  expect(operations.begin({ ...stop, name: "restart", run })).toBe(first);
  expect(() => operations.begin({ ...stop, run })).toThrow("web: cannot stop, stop is under way");
  const kill = operations.begin({ ...stop, name: "kill", to: "killed", run });
  expect(kill).not.toBe(first);
  await clock.advance(10);
  expect([await first.done, await kill.done]).toEqual([{ kind: "replaced" }, { kind: "done" }]);
  expect(store.get("web")).toBe("killed");
  expect(asked).toEqual(["restart during stop", "stop during stop", "kill during stop"]);
});

test("a replaced operation that fails, ends or makes progress later changes nothing and logs nothing", async () => {
  for (const end of [async () => {}, async () => Promise.reject<void>(new Error("late"))]) {
    const { clock, store, log, operations, stop } = setUp({ onConflict: () => "replace" });
    operations.begin({
      ...stop,
      name: "start",
      run: async (_token, progress) => {
        await clock.sleep(10);
        progress("starting late");
        await end();
      },
    });
    const second = operations.begin({ ...stop, run: () => clock.sleep(20) });
    await clock.advance(15);
    expect([store.get("web"), operations.running("web")]).toEqual(["stopping", second]);
    await clock.advance(5);
    expect(await second.done).toEqual({ kind: "done" });
    expect(log.map(({ line }) => line)).toEqual(["START", "STOP", "STOP OK: web"]);
  }
});

test("what a scan saw before an operation was replaced is what its successor goes back to", async () => {
  const { store, operations, stop } = setUp({ onConflict: () => "replace" });
  operations.begin({ ...stop, name: "start", via: "starting", run: () => new Promise(() => {}) });
  operations.observe("web", "crashed");
  const second = operations.begin({ ...stop, run: async () => Promise.reject(new Error("no")) });
  await second.done;
  expect(store.get("web")).toBe("crashed");
});

test("an entry that came during an operation stays as it is when the operation fails", async () => {
  const { store, operations, stop } = setUp();
  const { done } = operations.begin({
    ...stop,
    id: "late",
    run: async () => {
      store.set("late", "created");
      throw new Error("no");
    },
  });
  await done;
  expect(store.get("late")).toBe("created");
});

test("an operation is cancelled by who holds it: its token fires once, and when the work gives up it reverts", async () => {
  const { store, operations, stop } = setUp();
  const operation = operations.begin({
    ...stop,
    run: async (token) => {
      await token.cancelled;
      token.throwIfCancelled();
    },
  });
  const reason = { kind: "user-requested", message: "never mind" } as const;
  expect([operation.cancel(reason), operation.cancel({ kind: "fatal" })]).toEqual([true, false]);
  expect(store.get("web")).toBe("stopping");
  expect(await operation.done).toMatchObject({
    kind: "failed",
    error: { code: "CANCELLED", details: reason },
  });
  expect([store.get("web"), operations.running("web")]).toEqual(["running", undefined]);
});
