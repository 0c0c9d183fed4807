/** The rows of an asynchronous lifecycle of apps, each shown on the daemon itself. A-07 stands in `removing.test.ts`. */
import { afterEach, describe, expect, test } from "vitest";
import type { WebSocket } from "ws";
import type { DaemonEvent } from "../../src/api/contract.ts";
import { appSpec, needs, projectSpec, restart } from "../fakes/app-spec.ts";
import { type FakeDaemon, fakeDaemon } from "../fakes/fake-daemon.ts";
import { httpRig } from "../http/http-rig.ts";
import { type RealDaemon, realDaemon, until } from "../real/real-daemon.ts";

const web = { project: "shop", name: "web" };
const [stopMs, answerMs] = [600_000, 50];

async function upWith(...apps: Parameters<typeof projectSpec>[0]): Promise<FakeDaemon> {
  const fake = fakeDaemon();
  fake.daemon.apply(projectSpec(apps));
  await fake.clock.advance(100);
  return fake;
}

const patient = appSpec("web", { stop: { signal: "SIGTERM", graceMs: stopMs, leaderOnly: false } });

describe("A-01", () => {
  test("A-01 start, stop and restart are answered at once while a stop takes its 600 s", async () => {
    const rig = await httpRig();
    const { daemon, clock, runner } = rig.fake;
    daemon.apply(projectSpec([patient, appSpec("other")]));
    await clock.advance(100);
    runner.last("web").obeys = false;
    const ask = async (method: string, name: string): Promise<number> => {
      const begun = clock.monotonic();
      const answer = rig.post(call(method, { targets: [{ project: "shop", name }] }));
      const known = daemon.operations.list().length;
      await expect.poll(() => daemon.operations.list().length > known).toBeTruthy();
      // The turn of the journal: nothing else of the clock is needed for an answer.
      await clock.advance(0);
      expect((await answer).text).toContain('"state":"running"');
      return clock.monotonic() - begun;
    };
    expect(await ask("apps.stop", "web")).toBe(0);
    expect(await ask("apps.restart", "other")).toBe(0);
    expect(await ask("apps.stop", "other")).toBe(0);
    expect(await ask("apps.start", "other")).toBe(0);
    await clock.advance(stopMs - 1_000);
    expect(rig.fake.states()).toEqual({ web: "stopping", other: "running" });
    await clock.advance(1_000);
    expect(rig.fake.states()).toEqual({ web: "stopped", other: "running" });
  });

  const daemons: RealDaemon[] = [];
  afterEach(async () => {
    for (const each of daemons.splice(0)) await each.end();
  });

  test("A-01 a real stop of a program that takes its time is on the disk, and answered, within 50 ms", async () => {
    const real = await realDaemon();
    daemons.push(real);
    const command = {
      kind: "exec",
      argv: ["/usr/bin/perl", "-e", "$SIG{TERM} = 'IGNORE'; $| = 1; print qq(up\\n); sleep 1 while 1"],
    } as const;
    real.daemon.apply(projectSpec([{ ...patient, command }]));
    const lines = async () => await real.daemon.logs.read(real.daemon.logSources([web]), {});
    await until(
      async () => (await lines()).length > 0,
      () => JSON.stringify(real.daemon.list()),
    );
    const took: number[] = [];
    for (let times = 0; times < 5 || (Math.min(...took) >= answerMs && times < 50); times++) {
      const from = performance.now();
      expect(real.daemon.stop([web])).toMatchObject([{ kind: "stop", state: "running" }]);
      await real.daemon.saved();
      took.push(performance.now() - from);
      expect(real.daemon.list()).toMatchObject([{ state: "stopping" }]);
    }
    console.log(`A-01: a stop of 600 s is answered in ${took.map((ms) => ms.toFixed(1)).join(", ")} ms`);
    // Others use the machine too: what it can do is what it did once.
    expect(Math.min(...took)).toBeLessThan(answerMs);
    real.daemon.stop([web], 0);
  });
});

test("A-02 every WebSocket client sees the flipped state before there is a reply, the caller too", async () => {
  const rig = await httpRig();
  const { daemon, clock, runner } = rig.fake;
  daemon.apply(projectSpec([patient]));
  await clock.advance(100);
  runner.last("web").obeys = false;
  const heard = new Map<number, string[]>();
  const sockets: WebSocket[] = [];
  for (let client = 0; client < 5; client++) {
    const socket = (await rig.openWebSocket()) as WebSocket;
    const own: string[] = [];
    heard.set(client, own);
    socket.on("message", (data: Buffer) => own.push(described(JSON.parse(data.toString()))));
    socket.send(call("events.follow"));
    sockets.push(socket);
  }
  await expect.poll(() => [...heard.values()].every((own) => own.length === 1)).toBeTruthy();
  for (const [kind, state] of [
    ["stop", "stopping"],
    ["restart", "restarting"],
    ["remove", "removing"],
  ] as const) {
    for (const own of heard.values()) own.length = 0;
    sockets[0]?.send(call(`apps.${kind}`, { targets: [web] }));
    // The clock stands still, so nothing is on the disk, and nobody has a reply.
    await expect.poll(() => [...heard.values()].every((own) => own.includes(state))).toBeTruthy();
    expect([...heard.values()].flat()).not.toContain("reply");
    await clock.advance(1);
    await expect.poll(() => heard.get(0)?.includes("reply") === true).toBeTruthy();
    const caller = heard.get(0) ?? [];
    expect(caller.indexOf(state)).toBeLessThan(caller.indexOf("reply"));
  }
});

describe("A-03", () => {
  test("A-03 success writes the final state", async () => {
    const fake = await upWith(patient);
    const [operation] = fake.daemon.stop([web]);
    await fake.clock.advance(100);
    expect([fake.states(), fake.daemon.operations.get(operation?.id ?? "")]).toMatchObject([
      { web: "stopped" },
      { state: "done", error: null },
    ]);
  });

  test("A-03 a failure is what the runner found, and stands in the operations log with its causes", async () => {
    const fake = await upWith(appSpec("web"));
    fake.runner.failures.set("web", "exec: ENOENT: no such program");
    const [operation] = fake.daemon.restart([web]);
    await fake.clock.advance(100);
    // It was stopped for the restart: what it was before is not true any more.
    expect(fake.states()).toEqual({ web: "failed" });
    expect(fake.daemon.operations.get(operation?.id ?? "").error).toContain("ENOENT");
    const told = fake.daemon.events.read(0).map(({ message }) => message);
    expect(told.find((message) => message.startsWith("RESTART FAIL: web: "))).toContain("ENOENT");
  });

  test("A-03 a stop that fails leaves the app as it is found: it runs", async () => {
    const fake = await upWith(appSpec("web"));
    const cause = new Error("engine said no", { cause: new Error("socket closed") });
    fake.runner.last("web").refusal = cause;
    const [operation] = fake.daemon.stop([web]);
    await fake.clock.advance(100);
    expect([fake.states(), fake.runner.living]).toEqual([{ web: "running" }, ["web"]]);
    expect(fake.daemon.operations.get(operation?.id ?? "")).toMatchObject({
      state: "failed",
      error: "engine said no: socket closed",
    });
    const told = fake.daemon.events.read(0).map(({ message }) => message);
    expect(told).toContain("STOP FAIL: web: engine said no: socket closed");
    // And it can be stopped once the engine takes it.
    fake.runner.last("web").refusal = undefined;
    fake.daemon.stop([web]);
    await fake.clock.advance(100);
    expect([fake.states(), fake.runner.living]).toEqual([{ web: "stopped" }, []]);
  });
});

test("A-04 an instance that nobody has a record of is stopped all the same, and the next look shows what came of it", async () => {
  const first = await upWith(appSpec("web", { replicas: 2 }));
  const { database, ...rest } = first.crash();
  database.kept = { ...database.kept, instances: [] };
  const second = fakeDaemon({ ...rest, database });
  await second.daemon.resume();
  const [operation] = second.daemon.stop([web]);
  await second.clock.advance(20_000);
  expect(second.daemon.operations.get(operation?.id ?? "")).toMatchObject({ state: "done" });
  expect([second.runner.living, second.states()]).toEqual([[], { web: "stopped" }]);
});

describe("A-05", () => {
  test("A-05 what is observed of an app meanwhile does not take it out of a transitional state", async () => {
    const fake = await upWith({ ...patient, ...restart("always") });
    fake.runner.last("web").obeys = false;
    fake.daemon.stop([web]);
    fake.looks.set("web", false);
    await fake.clock.advance(30_000);
    expect(fake.states()).toEqual({ web: "stopping" });
    // Its exit is observed, and is no crash.
    fake.runner.last("web").end({ code: 1 });
    await fake.clock.advance(60_000);
    expect([fake.states(), fake.runner.runs.length]).toEqual([{ web: "stopped" }, 1]);
  });

  test.each(["stopping", "starting", "restarting", "removing"] as const)(
    "A-05 an app that is %s with no operation is settled at the next start",
    async (kind) => {
      const first = await upWith(appSpec("web"));
      const { database, ...rest } = first.crash();
      const state =
        kind === "starting"
          ? { kind, waitingFor: [] }
          : kind === "removing"
            ? { kind, stage: "x" }
            : { kind };
      database.kept = {
        ...database.kept,
        operations: [],
        instances: database.kept.instances.map((record) => ({ ...record, state })),
      };
      const second = fakeDaemon({ ...rest, database });
      await second.daemon.resume();
      await second.clock.advance(20_000);
      const isDown = kind === "stopping" || kind === "removing";
      expect(second.states()).toEqual({ web: isDown ? "stopped" : "running" });
      expect(second.runner.living).toEqual(isDown ? [] : ["web"]);
    },
  );
});

test("A-06 what ends after an app is gone brings nothing back", async () => {
  const fake = fakeDaemon();
  fake.runner.launchMs = 5_000;
  fake.daemon.apply(projectSpec([appSpec("web"), appSpec("x")]));
  await fake.clock.advance(1_000);
  // The launch ends when the app has been removed.
  fake.daemon.remove([web]);
  await fake.clock.advance(60_000);
  expect([fake.states(), fake.runner.living]).toEqual([{ x: "running" }, ["x"]]);
  expect(fake.database.kept.instances.map(({ name }) => name)).toEqual(["x"]);
});

test("A-08 the same calls at the same times come to the same events, whatever the machine does meanwhile", async () => {
  const story = async (): Promise<string> => {
    const fake = fakeDaemon({ seed: 7 });
    const apps = [appSpec("db"), appSpec("web", { ...needs(["db"]), ...restart("always"), replicas: 2 })];
    fake.daemon.apply(projectSpec(apps));
    await fake.clock.advance(1_000);
    fake.runner.last("web").end({ code: 1 });
    await fake.clock.advance(5_000);
    fake.daemon.restart([web]);
    await fake.clock.advance(10);
    fake.daemon.remove([{ project: "shop" }]);
    await fake.clock.advance(60_000);
    return JSON.stringify(fake.daemon.events.read(0));
  };
  expect(await story()).toBe(await story());
});

describe("A-09", () => {
  test("A-09 where nothing can be started that is said, and nothing flips", async () => {
    const fake = await upWith(appSpec("web"), appSpec("down", { disabled: true }));
    fake.runner.outage = "/usr/bin/perl is gone or cannot be executed: install perl-base";
    const before = [fake.states(), fake.daemon.events.seq, fake.daemon.operations.list().length];
    const refusal = expect.objectContaining({
      code: "RUNNER_UNAVAILABLE",
      message: expect.stringMatching(/^nothing was changed: .*install perl-base$/),
    });
    const spec = projectSpec([appSpec("web", { environment: { NEW: "1" } }), appSpec("more")]);
    expect(() => fake.daemon.restart([web])).toThrow(refusal);
    expect(() => fake.daemon.start([{ project: "shop", name: "down" }])).toThrow(refusal);
    expect(() => fake.daemon.apply(spec)).toThrow(refusal);
    await fake.clock.advance(10_000);
    expect([fake.states(), fake.daemon.events.seq, fake.daemon.operations.list().length]).toEqual(before);
    // What runs can be stopped.
    fake.daemon.stop([web]);
    await fake.clock.advance(100);
    expect(fake.runner.living).toEqual([]);
  });

  test("A-09 a container is refused with its place, and nothing of its project flips", async () => {
    const fake = await upWith(appSpec("web"));
    const before = fake.daemon.events.seq;
    const container = appSpec("db", { runner: { kind: "container", image: "postgres" } });
    expect(() => fake.daemon.apply(projectSpec([appSpec("web", { replicas: 3 }), container]))).toThrow(
      expect.objectContaining({
        code: "UNSUPPORTED",
        message: expect.stringContaining("holdfast.yaml:1:1: db"),
      }),
    );
    expect([fake.states(), fake.daemon.events.seq]).toEqual([{ web: "running" }, before]);
  });
});

test("A-10 the operations log is read after the fact, by app and time, also of an app that is gone", async () => {
  const fake = await upWith(appSpec("web"), appSpec("x"));
  const since = fake.clock.now();
  fake.daemon.restart([web], undefined, { by: "uid 7" });
  await fake.clock.advance(1_000);
  fake.daemon.remove([web]);
  fake.daemon.restart([{ project: "shop", name: "x" }]);
  await fake.clock.advance(20_000);
  const second = fakeDaemon(fake.crash());
  await second.daemon.resume();
  const found = second.daemon.operations.list({ project: "shop", name: "web", since });
  expect(found.map(({ kind, by, state }) => [kind, by, state])).toEqual([
    ["restart", "uid 7", "done"],
    ["remove", null, "done"],
  ]);
  expect(second.daemon.operations.list({ project: "shop", name: "web", since: since + 500 })).toHaveLength(1);
});

function call(method: string, params: object = {}): string {
  return JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
}

/** The state that is told, or `reply`. */
function described(message: {
  readonly method?: string;
  readonly params?: { readonly event: DaemonEvent };
}): string {
  return message.method === undefined ? "reply" : (message.params?.event.app?.state ?? "other");
}
