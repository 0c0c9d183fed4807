import { expect, test } from "vitest";
import {
  HoldfastError,
  type OperationEntry,
  Operations,
  type OperationsOptions,
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
  expect(heard).toMatchObject({ message: "replaced by stop" });
  expect([store.get("web"), seen]).toEqual(["running", ["web starting", "web stopping", "web running"]]);
});
