/** The soak of RELIABILITY §4.4 in virtual time: the daemon's own code, with a clock and processes that are none. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { type Client, createClient, serve } from "@holdfast/rpc";
import { channelPair } from "@holdfast/rpc/testing";
import { seededRandom } from "@holdfast/runtime";
import { expect, test } from "vitest";
import { drift, type Sample } from "../../../../scripts/soak/drift.ts";
import { apiErrorCodes, type Methods } from "../../src/api/contract.ts";
import { methodTable } from "../../src/api/methods.ts";
import { appSpec, projectSpec } from "../fakes/app-spec.ts";
import { type FakeDaemon, fakeDaemon } from "../fakes/fake-daemon.ts";
import { SqliteDatabase } from "../fakes/sqlite-database.ts";
import { scaled } from "./scale.ts";

const apps = 100;
const everyMs = 2_000;
const hours = scaled(3, 24);
/** Until then what it keeps a bounded number of (past exits, operations, events) is not full. */
const warmUpHours = scaled(1, 6);
const mostDriftMib = 5;

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;
setFlagsFromString("--no-expose-gc");

/** Comes over a channel of its own, as any client does. */
function client({ daemon, clock }: FakeDaemon): {
  readonly api: Client<Methods>;
  readonly gone: Promise<unknown>;
} {
  const [near, far] = channelPair();
  const table = methodTable(daemon, () => {
    throw new Error("no door");
  });
  const connection = serve(far, table, { principal: "uid 0" }, { clock, errorNumbers: apiErrorCodes });
  return { api: createClient<Methods>(near, { clock }), gone: connection.closed };
}

/** Follows events, asks for this and that, has an app restarted, and goes. Returns how many events it was told. */
async function comesAndGoes(fake: FakeDaemon, name: string): Promise<number> {
  const { api, gone } = client(fake);
  let events = 0;
  const targets = [{ project: "shop", name }];
  const work = (async () => {
    await api.subscribe("events.follow", { after: fake.daemon.events.seq - 50 }, () => events++);
    await api.subscribe("logs.follow", { targets }, () => undefined);
    await api.call("apps.list", {});
    await api.call("events.read", { last: 20 });
    const operations = await api.call("apps.restart", { targets });
    await api.call("operations.wait", { ids: operations.map(({ id }) => id) });
  })();
  await fake.clock.advance(1_000);
  await work;
  api.close();
  await fake.clock.advance(0);
  await gone;
  return events;
}

test(`${hours} h of churn in virtual time: timers, tasks and heap are what they were`, {
  timeout: 1_800_000,
}, async () => {
  const database = new SqliteDatabase();
  const fake = fakeDaemon({ database });
  const { daemon, clock, runner, history } = fake;
  const random = seededRandom(24);
  const backoff = { initialMs: 100, maxMs: 100, factor: 1, resetAfterMs: 1_000 };
  const names = Array.from({ length: apps }, (_, index) => `app${index}`);
  daemon.apply(projectSpec(names.map((name) => appSpec(name, { restart: { when: "always", backoff } }))));
  await clock.advance(5_000);
  const expected = new Map(names.map((name) => [name, 0]));
  const heap: Sample[] = [];
  const handles: string[] = [];
  let [kills, clients, events] = [0, 0, 0];
  for (let hour = 1; hour <= hours; hour++) {
    for (let at = 0; at < 3_600_000 / everyMs; at++) {
      const name = names[Math.floor(random.next() * apps)] ?? "";
      const run = runner.runs.findLast((each) => each.request.environment["HOLDFAST_APP"] === name);
      run?.end({ signal: "SIGKILL" });
      expected.set(name, (expected.get(name) ?? 0) + 1);
      kills++;
      await clock.advance(everyMs / 2);
      if (at % 60 === 0) {
        events += await comesAndGoes(fake, name);
        // Who is restarted by a wish begins to count anew.
        expected.set(name, 0);
        clients++;
      } else await clock.advance(everyMs / 2);
      // What the fakes keep is no fault of the daemon's.
      history.length = 0;
      if (at % 100 === 0) runner.runs.splice(0, Infinity, ...runner.runs.filter((each) => !each.hasExited));
    }
    await clock.advance(10_000);
    collect();
    heap.push({ atMs: hour * 3_600_000, value: process.memoryUsage().heapUsed / 1_048_576 });
    handles.push(`${clock.pending} timers, ${daemon.tasks.size} tasks`);
    expect(Object.fromEntries(daemon.list().map((row) => [row.name, row.restarts]))).toEqual(
      Object.fromEntries(expected),
    );
    expect(new Set(runner.living).size).toBe(apps);
  }
  const warm = heap.slice(warmUpHours - 1);
  const driftMib = drift(warm);
  console.log(
    `a day: ${hours} h in virtual time: ${kills} kills, as many restarts, ${clients} clients came and went and were told ${events} events; after each hour ${[...new Set(handles)].join(" or ")}; heap ${warm[0]?.value.toFixed(1)} MiB after hour ${warmUpHours}, ${warm.at(-1)?.value.toFixed(1)} after the last, drift ${driftMib.toFixed(2)} (at most ${mostDriftMib})`,
  );
  expect(new Set(handles).size).toBe(1);
  expect(driftMib).toBeLessThan(mostDriftMib);
  const stopped = daemon.stopApps();
  await clock.advance(60_000);
  await stopped;
  expect(await daemon.end(1_000)).toEqual([]);
  expect([clock.pending, daemon.tasks.size, runner.living]).toEqual([0, 0, []]);
  database.close();
});
