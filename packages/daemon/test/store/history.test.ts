import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { VirtualClock } from "@holdfast/runtime/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { DaemonEvent } from "../../src/api/contract.ts";
import { EventLog } from "../../src/events/event-log.ts";
import { Journal } from "../../src/store/journal.ts";
import type { OperationRecord } from "../../src/store/operation-record.ts";
import { StateDatabase } from "../../src/store/state-database.ts";
import { appSpec, projectSpec } from "../fakes/app-spec.ts";
import { fakeDaemon } from "../fakes/fake-daemon.ts";

let directory = "";
let database: StateDatabase;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "holdfast-history-"));
  database = new StateDatabase(join(directory, "state.db"));
});
afterEach(() => {
  database.close();
  rmSync(directory, { recursive: true });
});

const at = (minute: number): string => new Date(minute * 60_000).toISOString();

function operation(minute: number, over: Partial<OperationRecord> = {}): OperationRecord {
  return {
    id: `operation ${minute}`,
    kind: "restart",
    project: "shop",
    name: "web",
    instance: null,
    by: "uid 1000",
    state: "done",
    since: at(minute),
    ended: at(minute),
    error: null,
    key: null,
    timeoutMs: null,
    before: [],
    drop: null,
    ...over,
  };
}

const minutes = (records: readonly { readonly since: string }[]): readonly number[] =>
  records.map(({ since }) => Date.parse(since) / 60_000);

test("A-10 operations are read from the disk by project, app and time, the last ones first", () => {
  const records = [
    operation(1),
    operation(2, { name: "db" }),
    operation(3, { project: "blog" }),
    operation(4, { error: "web did not stop", state: "failed" }),
    operation(5),
  ];
  database.write(records.map((record) => ({ kind: "put-operation", record })));
  expect(minutes(database.readOperations({ limit: 10 }))).toEqual([5, 4, 3, 2, 1]);
  expect(minutes(database.readOperations({ limit: 2 }))).toEqual([5, 4]);
  expect(minutes(database.readOperations({ project: "shop", limit: 10 }))).toEqual([5, 4, 2, 1]);
  expect(minutes(database.readOperations({ project: "shop", name: "web", limit: 10 }))).toEqual([5, 4, 1]);
  expect(minutes(database.readOperations({ since: 4 * 60_000, limit: 10 }))).toEqual([5, 4]);
  expect(database.readOperations({ limit: 2 })[1]).toEqual(records[3]);
});

test("A-10 an operation that is no longer in memory is listed all the same, and one under way as it is now", () => {
  const { daemon, database: memory } = fakeDaemon();
  memory.write(
    Array.from({ length: 1_500 }, (_, index) => ({
      kind: "put-operation",
      record: operation(index + 1, { name: index % 2 === 0 ? "web" : "gone" }),
    })),
  );
  daemon.apply(projectSpec([appSpec("web")]));
  const [last] = daemon.operations.list({ name: "web", limit: 1 });
  expect(last).toMatchObject({ kind: "start", name: "web", state: "running" });
  expect(daemon.operations.list()).toHaveLength(1_000);
  expect(minutes(daemon.operations.list({ name: "gone", limit: 3 }))).toEqual([1_496, 1_498, 1_500]);
  const since = daemon.operations.list({ since: 1_499 * 60_000, limit: 10 });
  expect(minutes(since).slice(0, 2)).toEqual([1_499, 1_500]);
  expect(since[2]?.id).toBe(last?.id);
});

test("an event or an operation that was damaged on the disk is left out, and the others are told", () => {
  database.write([operation(1), operation(2)].map((record) => ({ kind: "put-operation", record })));
  database.close();
  const other = new DatabaseSync(join(directory, "state.db"));
  other.exec("UPDATE operation SET record = replace(record, 'web', 'wab') WHERE id = 'operation 1'");
  other.exec("INSERT INTO operation VALUES ('x', 180000, '{broken')");
  other.close();
  database = new StateDatabase(join(directory, "state.db"));
  expect(minutes(database.readOperations({ limit: 10 }))).toEqual([2]);
  expect(minutes(database.readOperations({ project: "shop", limit: 10 }))).toEqual([2]);
});

test("the last events are read across what is in memory and what is on the disk, of one project or of all", () => {
  const clock = new VirtualClock();
  const journal = new Journal(clock, database);
  const publish = (log: EventLog, count: number): void => {
    for (let index = 0; index < count; index++) {
      const project = index % 2 === 0 ? "shop" : "blog";
      const nothing = {
        name: null,
        app: null,
        operation: null,
        by: null,
        cause: { origin: null, after: null },
      };
      log.publish({ type: "project", project, message: `${index}`, ...nothing });
    }
  };
  const first = new EventLog(clock, journal, database);
  publish(first, 6);
  journal.flush();
  const second = new EventLog(clock, journal, database);
  publish(second, 4);
  journal.flush();
  const messages = (events: readonly DaemonEvent[]): readonly string[] =>
    events.map(({ message }) => message);
  expect(messages(second.readLast(3))).toEqual(["1", "2", "3"]);
  expect(messages(second.readLast(6))).toEqual(["4", "5", "0", "1", "2", "3"]);
  expect(messages(second.readLast(4, "blog"))).toEqual(["3", "5", "1", "3"]);
  expect(messages(second.readLast(100, "shop"))).toEqual(["0", "2", "4", "0", "2"]);
  expect(messages(second.read(0, 4, "shop"))).toEqual(["0", "2", "4", "0"]);
  expect(second.readLast(0)).toEqual([]);
  // Backwards in pages of any size, each event once.
  for (const project of [undefined, "shop"]) {
    const all = second.readLast(100, project);
    for (const size of [1, 2, 3, 4, 7, 100]) {
      const pages: DaemonEvent[] = [];
      for (let before: number | undefined; ; before = pages[0]?.seq) {
        const page = second.readLast(size, project, before);
        if (page.length === 0) break;
        expect(page.length).toBeLessThanOrEqual(size);
        pages.unshift(...page);
      }
      expect(pages).toEqual(all);
    }
  }
});

test("an event that an earlier version wrote has a cause of which nothing is known", () => {
  const old = {
    seq: 7,
    time: new Date(0).toISOString(),
    type: "project",
    project: "shop",
    name: null,
    message: "shop was applied",
    app: null,
    operation: null,
    by: null,
  };
  database.write([{ kind: "put-event", event: old as unknown as DaemonEvent }]);
  const cause = { origin: null, after: null };
  expect(database.readEvents(6, 1)).toEqual([{ ...old, cause }]);
  expect(database.readEventsBefore(8, 1)).toEqual([{ ...old, cause }]);
});
