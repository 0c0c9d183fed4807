import { expect, test } from "vitest";
import { asyncFailpoint, failpoint } from "../../src/failpoints.ts";
import { HoldfastError, ShutdownToken } from "../../src/index.ts";
import { type Machine, type Scenario, simulate, simulateMany } from "../../src/testing/index.ts";

const text = (bytes: Uint8Array | undefined) => bytes && new TextDecoder().decode(bytes);
const bytes = (content: string) => new TextEncoder().encode(content);
const codeOf = (error: unknown) => (error instanceof HoldfastError ? error.code : String(error));

/** Everything a scenario gives to `told`, over 200 seeds. */
async function outcomes(scenario: (...args: [...Parameters<Scenario>, (text: string) => void]) => unknown) {
  const seen = new Set<string>();
  await simulateMany({ count: 200, scenario: (world) => scenario(world, (one) => seen.add(one)) });
  return [...seen].sort();
}

async function saveInPlace({ files }: Machine): Promise<void> {
  await files.write("/state", bytes("new!"));
}

async function saveAtomically({ files }: Machine): Promise<void> {
  await files.write("/state.new", bytes("new!"));
  await files.sync("/state.new");
  await files.rename("/state.new", "/state");
  await files.sync("/");
}

async function saveThenCutPower(world: Parameters<Scenario>[0], save: typeof saveInPlace): Promise<string> {
  const host = world.host("box");
  await host.run(async ({ files }) => {
    await files.write("/state", bytes("old."));
    await files.sync("/state");
    await files.sync("/");
  }).ended;
  const life = host.run(save);
  world.faults.plan("power", { atMost: 1, withinMs: 8, inject: () => host.powerOff() });
  await Promise.race([life.ended, world.clock.sleep(20)]);
  const acked = (await life.ended).kind === "completed";
  host.powerOff();
  return `${acked ? "acked" : "cut"} ${text(host.disk.peek("/state"))}`;
}

test("what is not synced a power loss keeps, tears or takes", async () => {
  const seen = await outcomes(async (world, told) => told(await saveThenCutPower(world, saveInPlace)));
  expect(seen).toEqual(
    expect.arrayContaining(["acked new!", "acked old.", "cut old.", "acked ", "acked ne"]),
  );
});

test("a write beside, sync, rename and sync of the directory is all old or all new, and once acknowledged new", async () => {
  const seen = await outcomes(async (world, told) => told(await saveThenCutPower(world, saveAtomically)));
  expect(seen).toEqual(["acked new!", "cut new!", "cut old."]);
});

test("without the last sync an acknowledged save may be gone: the directory was not on the disk", async () => {
  const seen = await outcomes(async (world, told) => {
    const save = async ({ files }: Machine) => {
      await files.write("/state.new", bytes("new!"));
      await files.sync("/state.new");
      await files.rename("/state.new", "/state");
    };
    told(await saveThenCutPower(world, save));
  });
  expect(seen).toContain("acked old.");
});

test("a synced file whose directory is not may be without its name after a power loss, or have it", async () => {
  const seen = await outcomes(async (world, told) => {
    const host = world.host("box");
    await host.run(async ({ files }) => {
      await files.write("/a", bytes("a"));
      await files.sync("/a");
    }).ended;
    expect(host.disk.peekDurable("/a")).toBeUndefined();
    host.powerOff();
    told(text(host.disk.peek("/a")) ?? "no name");
  });
  expect(seen).toEqual(["a", "no name"]);
});

test("a killed program leaves what it wrote; what it awaited never comes, nor do its timers", async () => {
  await simulate(1, async (world) => {
    const host = world.host("box");
    const log: string[] = [];
    const life = host.run(async ({ files, clock }) => {
      clock.setTimeout(() => log.push("timer"), 5_000);
      await files.append("/log", bytes("one"));
      log.push("wrote");
      try {
        await clock.sleep(10);
        await files.append("/log", bytes("two"));
      } finally {
        log.push("finally");
      }
    });
    await world.clock.sleep(9);
    life.kill();
    await world.clock.sleep(100);
    expect([log, text(host.disk.peek("/log"))]).toEqual([["wrote"], "one"]);
    expect([await life.ended, world.clock.pending]).toEqual([{ kind: "killed" }, 0]);
  });
});

test("a kill between an effect and its answer happens: the file is there and nobody was told", async () => {
  const seen = await outcomes(async (world, told) => {
    const host = world.host("box");
    let answered = false;
    const life = host.run(async ({ files }) => {
      await files.write("/a", bytes("a"));
      answered = true;
    });
    world.faults.plan("kill", { withinMs: 4, inject: () => life.kill() });
    await life.ended;
    const before = host.disk.peek("/a");
    await world.clock.sleep(10);
    expect(host.disk.peek("/a"), "written by a program that is gone").toBe(before);
    told(`${host.disk.peek("/a") ? "written" : "not written"}, ${answered ? "told" : "not told"}`);
  });
  expect(seen).toEqual(["not written, not told", "written, not told", "written, told"]);
});

test("a disk that is full or broken says so by code, and keeps what was there", async () => {
  await simulate(1, async (world) => {
    const host = world.host("box");
    const codes: string[] = [];
    const attempt = (work: Promise<unknown>) => work.catch((error: unknown) => codes.push(codeOf(error)));
    const life = host.run(async ({ files }) => {
      await files.write("/dir/a", bytes("a"));
      host.disk.full = true;
      await attempt(files.write("/dir/a", bytes("b")));
      host.disk.full = false;
      host.disk.fail("EIO");
      await attempt(files.append("/dir/a", bytes("b")));
      await attempt(files.read("/dir/b"));
      await attempt(files.rename("/dir/b", "/dir/c"));
      await files.write("/dir/b", bytes("b"));
      await files.write("/dir/sub/c", bytes("c"));
      expect((await files.list("/dir")).toSorted()).toEqual(["a", "b"]);
      await files.rename("/dir/b", "/dir/c");
      expect((await files.list("/dir")).toSorted()).toEqual(["a", "c"]);
      await files.remove("/dir/c");
      expect(await files.list("/dir")).toEqual(["a"]);
    });
    expect(await life.ended).toEqual({ kind: "completed", value: undefined });
    expect([codes, text(host.disk.peek("/dir/a"))]).toEqual([["ENOSPC", "EIO", "ENOENT", "ENOENT"], "a"]);
  });
});

test("a lock has one holder, and dies with it", async () => {
  await simulate(1, async (world) => {
    const host = world.host("box");
    const holder = host.run(async ({ files, clock }) => {
      await files.lock("/lock");
      await clock.sleep(1_000);
    });
    await world.clock.sleep(10);
    const tryLock = ({ files }: Machine) => files.lock("/lock");
    expect(await host.run(tryLock).ended).toEqual({ kind: "completed", value: undefined });
    holder.kill();
    expect(await host.run(tryLock).ended).toEqual({ kind: "completed", value: expect.any(Function) });
  });
});

test("processes outlive the program that spawned them, and tell the next one how they ended", async () => {
  await simulate(1, async (world) => {
    const host = world.host("box");
    host.processes.install("web", { runMs: 100, code: 3 });
    const spawned = await host.run(({ processes }) => processes.spawn({ argv: ["web"], cookie: "c1" })).ended;
    expect(spawned).toMatchObject({ kind: "completed", value: { pid: 300 } });
    const found = host.run(async ({ processes }) => {
      const [web] = await processes.list();
      expect(web).toMatchObject({ pid: 300, argv: ["web"], cookie: "c1" });
      return web && processes.exited(web);
    });
    expect(await found.ended).toEqual({ kind: "completed", value: { code: 3, signal: null } });
    expect(host.processes.living).toEqual([]);
  });
});

test("a process obeys a SIGTERM in its time or not at all, holds it while stopped, and never a SIGKILL", async () => {
  await simulate(1, async (world) => {
    const { processes } = world.host("box");
    processes.install("slow", { stopMs: 30 });
    processes.install("deaf", { stopMs: Number.POSITIVE_INFINITY });
    const [slow, deaf] = [processes.spawn({ argv: ["slow"] }), processes.spawn({ argv: ["deaf"] })];
    processes.signal(slow.pid, "SIGSTOP");
    processes.signal(slow.pid, "SIGTERM");
    await world.clock.sleep(1_000);
    expect(processes.living).toHaveLength(2);
    processes.signal(slow.pid, "SIGCONT");
    processes.signal(deaf.pid, "SIGTERM");
    expect(await slow.exited).toEqual({ code: null, signal: "SIGTERM" });
    expect(world.clock.monotonic()).toBe(1_030);
    await world.clock.sleep(1_000);
    expect(processes.living).toMatchObject([{ pid: deaf.pid }]);
    processes.signal(deaf.pid, "SIGKILL");
    expect(await deaf.exited).toEqual({ code: null, signal: "SIGKILL" });
    expect(processes.signal(deaf.pid, "SIGTERM")).toBe(false);
  });
});

test("a signal to a process that is gone reaches nobody, whoever has its pid by now", async () => {
  await simulate(1, async (world) => {
    const host = world.host("box");
    host.processes.install("web");
    const first = host.processes.spawn({ argv: ["web"] });
    host.processes.crash(first.pid);
    for (let i = 0; i < 40; i++) host.processes.spawn({ argv: ["web"] });
    const life = host.run(({ processes }) => processes.signal(first, "SIGKILL"));
    expect(await life.ended).toEqual({ kind: "completed", value: false });
    expect(host.processes.living).toHaveLength(40);
  });
});

test("who waits for a process and is killed is never told, and a process that ended leaves no timer", async () => {
  await simulate(1, async (world) => {
    const host = world.host("box");
    host.processes.install("web", { runMs: 5_000 });
    let told = false;
    const life = host.run(async ({ processes }) => {
      const { exited } = await processes.spawn({ argv: ["web"] });
      await exited;
      told = true;
    });
    await world.clock.sleep(10);
    life.kill();
    for (const { pid } of host.processes.living) host.processes.crash(pid);
    await world.clock.sleep(10);
    expect([told, world.clock.pending]).toEqual([false, 0]);
  });
});

test("pids come back after forty others, with another start time", async () => {
  await simulate(1, async (world) => {
    const { processes } = world.host("box");
    processes.install("web");
    const first = processes.spawn({ argv: ["web"] });
    processes.crash(first.pid);
    const others = Array.from({ length: 40 }, () => processes.spawn({ argv: ["web"] }));
    expect(others.at(-1)?.pid).toBe(first.pid);
    expect(others.at(-1)?.startTime).not.toBe(first.startTime);
    expect(() => processes.spawn({ argv: ["web"] })).toThrow("no pid is free");
    expect(() => processes.spawn({ argv: ["nothing"] })).toThrow("nothing: command not found");
  });
});

test("a failpoint that kills ends the program there, whatever it would have caught", async () => {
  const run = async (points: string) => {
    const log: string[] = [];
    await simulate(1, async (world) => {
      const life = world.host("box").run(async ({ files }) => {
        failpoint("save.begun");
        await files.write("/a", bytes("a"));
        try {
          await asyncFailpoint("save.written");
        } finally {
          log.push("after written");
        }
        failpoint("save.done");
      });
      const { hits } = world.failpoints(points, () => life.kill());
      log.push((await life.ended).kind, ...hits.keys(), text(world.host("box").disk.peek("/a")) ?? "nothing");
    });
    return log;
  };
  const all = ["save.begun", "save.written", "save.done"];
  expect(await run("")).toEqual(["after written", "completed", ...all, "a"]);
  expect(await run("save.begun:kill")).toEqual(["killed", "save.begun", "nothing"]);
  expect(await run("save.written:kill")).toEqual(["killed", "save.begun", "save.written", "a"]);
});

test("a cancelled sleep of a machine's clock leaves no timer", async () => {
  await simulate(1, async (world) => {
    const token = new ShutdownToken();
    const life = world.host("box").run(({ clock }) => clock.sleep(1_000, token));
    await world.pause();
    token.cancel({ kind: "user-requested" });
    expect(await life.ended).toEqual({ kind: "completed", value: "cancelled" });
    expect(world.clock.pending).toBe(0);
  });
});
