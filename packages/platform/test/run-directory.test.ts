import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "@holdfast/runtime";
import { VirtualClock } from "@holdfast/runtime/testing";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { bootId, processIdentity } from "../src/process/identity.ts";
import { RunDirectory } from "../src/run-directory.ts";
import type { ProcessExit } from "../src/run-record.ts";

let base: string;
let runs: RunDirectory;
const children: ChildProcess[] = [];

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), "holdfast-runs-"));
});

afterEach(() => {
  runs.close();
  for (const child of children.splice(0)) child.kill("SIGKILL");
  rmSync(base, { recursive: true, force: true });
});

function write(name: string, text: string): void {
  writeFileSync(join(runs.path, name), text);
}

describe("with inotify", () => {
  beforeEach(() => {
    // A clock that stands still: what is heard was not found by the poll.
    runs = new RunDirectory(base, { clock: new VirtualClock() });
  });

  test("it lies below the boot, for us alone, and what earlier boots left is gone", () => {
    mkdirSync(join(base, "01234567-89ab-cdef-0123-456789abcdef"));
    mkdirSync(join(base, "something-else"));
    const again = new RunDirectory(base, { clock: new VirtualClock() });
    again.close();
    expect(readdirSync(base).sort()).toEqual([bootId(), "something-else"].sort());
    expect(statSync(again.path).mode & 0o777).toBe(0o700);
  });

  test("an exit is heard when it is written, and at once when it is there", async () => {
    const exited = runs.exited("a");
    write("b.exit", "exit 0\n");
    write("a.exit", "signal 9\n");
    expect(await exited).toEqual({ kind: "signaled", signal: "SIGKILL" });
    expect(await runs.exited("a")).toEqual({ kind: "signaled", signal: "SIGKILL" });
    expect(await runs.exited("b")).toEqual({ kind: "exited", code: 0 });
  });

  test("a pid that is written after it was looked for, and before the exit was, is told with the exit", () => {
    execFileSync("mkfifo", [join(runs.path, "a.pid")]);
    write("ready", "77 88\n");
    // Its end is open until all is written: so long the look at the pid takes.
    const script = "exec 3>a.pid; mv ready a.pid; echo exit 0 >a.exit; exec 3>&-";
    children.push(spawn("/bin/sh", ["-c", script], { cwd: runs.path, stdio: "ignore" }));
    expect(runs.read("a")).toEqual({
      starting: false,
      pid: 77,
      startTime: 88,
      exit: { kind: "exited", code: 0 },
    });
  });

  test("half a record is none", async () => {
    const seen: ProcessExit[] = [];
    runs.follow("a", ({ exit }) => exit && seen.push(exit));
    for (const part of ["", "exit 1", "exit 12", "nonsense\n"]) {
      write("a.exit", part);
      expect(runs.read("a").exit).toBeUndefined();
    }
    const exited = runs.exited("a");
    write("a.exit", "exit 123\n");
    await exited;
    expect(new Set(seen.map((exit) => JSON.stringify(exit)))).toEqual(
      new Set(['{"kind":"exited","code":123}']),
    );
  });

  test("an empty pid file is a launch under way", () => {
    write("a.pid", "");
    expect(runs.read("a")).toEqual({ starting: true });
    write("a.pid", "12\n");
    expect(runs.read("a")).toEqual({ starting: false, pid: 12 });
    expect(runs.read("b")).toEqual({ starting: false });
  });

  test("a failed start is told with its phase and error", () => {
    write("a.exit", "error chdir 13\n");
    const exit = { kind: "spawn-failed", phase: "chdir", errno: 13, error: "EACCES" };
    expect(runs.read("a")).toEqual({ starting: false, exit });
  });

  test("what is removed is gone from the list", () => {
    write("a.pid", "1\n");
    write("a.exit", "exit 0\n");
    write("b.pid", "2\n");
    expect([...runs.list()].sort()).toEqual(["a", "b"]);
    runs.remove("a");
    runs.remove("a");
    expect(runs.list()).toEqual(["b"]);
  });

  test("who left is not called", async () => {
    let calls = 0;
    runs.follow("a", () => calls++)();
    const exited = runs.exited("a");
    write("a.exit", "exit 0\n");
    await exited;
    expect(calls).toBe(0);
  });
});

describe("without a wake", () => {
  let clock: VirtualClock;

  beforeEach(() => {
    clock = new VirtualClock();
    runs = new RunDirectory(base, { clock, wake: "poll", pollMs: 40 });
  });

  async function settledTo(promise: Promise<unknown>): Promise<unknown> {
    return Promise.race([promise, new Promise((resolve) => setImmediate(resolve, "pending"))]);
  }

  test("the poll finds what was written, and not before", async () => {
    const exited = runs.exited("a");
    write("a.exit", "exit 5\n");
    await clock.advance(39);
    expect(await settledTo(exited)).toBe("pending");
    await clock.advance(1);
    expect(await settledTo(exited)).toEqual({ kind: "exited", code: 5 });
  });

  test("a program that is gone without a record is lost, and not at the first look", async () => {
    const child = spawn("sleep", ["1000"]);
    children.push(child);
    write("a.pid", `${child.pid}\n`);
    const exited = runs.exited("a");
    await clock.advance(400);
    expect(await settledTo(exited)).toBe("pending");
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await ended;
    await clock.advance(40);
    expect(await settledTo(exited)).toBe("pending");
    await clock.advance(5 * 40);
    expect(await settledTo(exited)).toEqual({ kind: "lost" });
  });

  test("F17: a program that is gone and left half an exit record does not run for ever", async () => {
    write("a.pid", "4194304 1\n");
    write("a.exit", "signal 9");
    const exited = runs.exited("a");
    await clock.advance(40);
    expect(await settledTo(exited)).toBe("pending");
    await clock.advance(5 * 40);
    expect(await settledTo(exited)).toEqual({ kind: "lost" });
  });

  test("a record that comes between the two looks is believed", async () => {
    write("a.pid", "4194304\n");
    const exited = runs.exited("a");
    await clock.advance(40);
    expect(await settledTo(exited)).toBe("pending");
    write("a.exit", "exit 3\n");
    await clock.advance(40);
    expect(await settledTo(exited)).toEqual({ kind: "exited", code: 3 });
  });

  test("no timer is left once nobody follows, or it is closed", async () => {
    const exited = runs.exited("a");
    write("a.exit", "exit 0\n");
    await clock.advance(40);
    await exited;
    await clock.advance(40);
    expect(clock.pending).toBe(0);
    void runs.exited("b");
    expect(clock.pending).toBe(1);
    runs.close();
    expect(clock.pending).toBe(0);
  });

  test("a directory that somebody removed does no harm", async () => {
    void runs.exited("a");
    rmSync(runs.path, { recursive: true });
    await clock.advance(400);
    expect(runs.read("a")).toEqual({ starting: false });
  });
});

describe("settled", () => {
  beforeEach(() => {
    runs = new RunDirectory(base, { clock: systemClock });
  });

  test("waits for a keeper that may still launch, and for a launch under way", async () => {
    const self = processIdentity(process.pid);
    write(`.keeper-${process.pid}`, `${self?.startTime}\n`);
    write("a.pid", "");
    const settled = runs.settled();
    let done = false;
    void settled.then(() => {
      done = true;
    });
    await systemClock.sleep(20);
    rmSync(join(runs.path, `.keeper-${process.pid}`));
    await systemClock.sleep(20);
    expect(done).toBe(false);
    write("a.pid", "12\n");
    expect(await settled).toEqual([]);
  });

  test("does not wait for a keeper that is dead, though its pid was given to another", async () => {
    write(`.keeper-${process.pid}`, "1\n");
    write(".keeper-4194304", "1\n");
    expect(await runs.settled()).toEqual([]);
  });

  test("names the launches nobody can tell of, after a second", async () => {
    const clock = new VirtualClock();
    runs.close();
    runs = new RunDirectory(base, { clock });
    write("a.pid", "");
    const settled = runs.settled();
    await clock.advance(1_010);
    expect(await settled).toEqual(["a"]);
    expect(clock.pending).toBe(0);
  });
});
