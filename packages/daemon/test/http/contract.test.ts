import * as v from "valibot";
import { expect, test } from "vitest";
import { methodTable } from "../../src/api/methods.ts";
import { type OwnMethod, schemas } from "../../src/api/params.ts";
import { events, results } from "../../src/api/results.ts";
import { appSpec, needs, projectSpec, restart } from "../fakes/app-spec.ts";
import { fakeDaemon } from "../fakes/fake-daemon.ts";
import { httpRig } from "./http-rig.ts";

test("rpc.discover describes every method, with its params, its result and the error codes", async () => {
  const { post } = await httpRig();
  const { text } = await post('{"jsonrpc":"2.0","id":1,"method":"rpc.discover"}');
  const document = JSON.parse(text).result;
  expect(document).toMatchObject({ openrpc: "1.3.2", info: { title: "Holdfast" } });
  expect(document.methods.map(({ name }: { name: string }) => name)).toEqual(Object.keys(schemas));
  for (const { name, summary, params, result } of document.methods) {
    expect([name, typeof summary, Array.isArray(params)]).toEqual([name, "string", true]);
    expect([name, Object.keys(result.schema).length > 0]).toEqual([name, true]);
  }
  const stop = document.methods.find(({ name }: { name: string }) => name === "apps.stop");
  expect(stop.params).toMatchObject([
    { name: "targets", required: true, schema: { type: "array" } },
    { name: "timeoutMs", required: false, schema: { type: "number", minimum: 0 } },
    { name: "key", required: false, schema: { type: "string", maxLength: 200 } },
  ]);
  expect(document.components.errors.NOT_FOUND).toMatchObject({ code: -32001 });
});

test("what the daemon gives is what the document says, in every state of an app", async () => {
  const { daemon, clock, runner, looks } = fakeDaemon();
  const table = methodTable(daemon, () => ({
    invite: () => ({ url: "http://127.0.0.1:1/#code=c" }),
    list: () => [
      { id: "1", role: "read", since: new Date(0).toISOString(), until: new Date(1).toISOString() },
    ],
    revoke: () => Promise.resolve(),
  }));
  const call = async (name: OwnMethod, params: unknown = {}) => {
    const { call: run, parse } = table[name] as {
      call: (p: unknown, c: unknown) => unknown;
      parse: (p: unknown) => unknown;
    };
    const result = Promise.resolve(run(parse(params), { principal: "uid 1" }));
    await clock.advance(1);
    expect([name, v.safeParse(results[name] as v.GenericSchema, await result).issues]).toEqual([
      name,
      undefined,
    ]);
    return await result;
  };
  looks.set("db", false);
  runner.failures.set("broken", "there is no such program");
  const health = {
    healthcheck: {
      action: { kind: "tcp", host: "127.0.0.1", port: 1 },
      initialDelayMs: 0,
      intervalMs: 1_000,
      timeoutMs: 500,
      successThreshold: 1,
      failureThreshold: 3,
      startPeriodMs: 0,
      startIntervalMs: 1_000,
    },
  } as const;
  const spec = projectSpec([
    appSpec("db", health),
    appSpec("web", needs(["db"], "service_healthy")),
    appSpec("job"),
    appSpec("broken"),
    appSpec("worker", restart("always")),
    appSpec("nightly", { schedule: { cron: "0 3 * * *", immediate: false } }),
  ]);
  const seen = new Set<string>();
  const look = async () => {
    for (const row of (await call("apps.list")) as readonly { state: string }[]) seen.add(row.state);
    await call("apps.get", { project: "shop" });
    await call("operations.list");
    await call("events.read");
  };
  await call("apps.apply", { spec });
  await look();
  runner.last("worker").end({ signal: "SIGSEGV" });
  runner.last("job").end();
  await clock.advance(5);
  await look();
  await clock.advance(5_000);
  runner.last("db").obeys = false;
  const [stopping] = (await call("apps.stop", { targets: [{ project: "shop" }] })) as readonly {
    id: string;
  }[];
  await look();
  await clock.advance(20_000);
  await look();
  await call("operations.get", { id: stopping?.id });
  await call("operations.wait", { ids: [stopping?.id] });
  await call("apps.start", { targets: [{ project: "shop", name: "job" }] });
  await call("apps.restart", { targets: [{ project: "shop", name: "job" }], key: "k" });
  await call("apps.remove", { targets: [{ project: "shop", name: "job" }], keepData: true });
  for (const name of [
    "system.info",
    "system.healthz",
    "rpc.discover",
    "sessions.invite",
    "sessions.list",
  ] as const) {
    await call(name);
  }
  for (const name of ["apps.why", "apps.describe"] as const) await call(name, { project: "shop" });
  for (const name of ["stats.read", "system.describe"] as const) await call(name);
  await call("sessions.revoke", { id: "1" });
  for (const state of ["starting", "running", "backoff", "completed", "failed", "stopping", "stopped"]) {
    expect([...seen]).toContain(state);
  }
  for (const event of daemon.events.read(0)) {
    expect(v.safeParse(events["events.follow"], event).issues).toBeUndefined();
  }
});
