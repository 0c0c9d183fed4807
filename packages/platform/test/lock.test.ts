import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { acquireLock, lockHolder } from "../src/lock.ts";

let home: { readonly path: string };
const children: ChildProcess[] = [];

beforeEach(() => {
  home = { path: mkdtempSync(join(tmpdir(), "holdfast-lock-")) };
});

afterEach(async () => {
  await Promise.all(children.splice(0).map(kill));
  rmSync(home.path, { recursive: true, force: true });
});

interface Racer {
  readonly child: ChildProcess;
  readonly said: { readonly won?: number; readonly code?: string; readonly details?: unknown };
}

async function race(): Promise<Racer> {
  const program = new URL("./programs/take-lock.ts", import.meta.url).pathname;
  const child = spawn(process.execPath, [program, home.path], { stdio: ["pipe", "pipe", "ignore"] });
  children.push(child);
  const said = await new Promise<string>((resolve) =>
    child.stdout?.once("data", (text) => resolve(String(text))),
  );
  return { child, said: JSON.parse(said) as Racer["said"] };
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGKILL");
  await ended;
}

test("of eight racers one wins, and the others are told its pid", async () => {
  const racers = await Promise.all(Array.from({ length: 8 }, race));
  const winners = racers.filter(({ said }) => said.won !== undefined);
  expect(winners).toHaveLength(1);
  const pid = winners[0]?.child.pid;
  for (const { said } of racers.filter(({ said }) => said.won === undefined)) {
    expect(said).toEqual({ code: "ALREADY_RUNNING", details: { home: home.path, pid } });
  }
});

test("the lock is free when its holder is killed, and nothing is to be cleaned up", async () => {
  const first = await race();
  expect(first.said.won).toBe(first.child.pid);
  await kill(first.child);
  expect((await race()).said.won).toBeDefined();
});

test("the lock is free when it is released, and a second release is nothing", async () => {
  const lock = acquireLock(home);
  expect((await race()).said.code).toBe("ALREADY_RUNNING");
  lock.release();
  lock.release();
  const next = await race();
  expect(next.said.won).toBe(next.child.pid);
});

test("who holds the lock can be asked without taking it", async () => {
  expect(lockHolder(home)).toBeUndefined();
  const holder = await race();
  expect(lockHolder(home)).toBe(holder.child.pid);
  expect(() => acquireLock(home)).toThrow(`the daemon with pid ${holder.child.pid} owns ${home.path}`);
});

test("one process cannot take it twice", () => {
  const lock = acquireLock(home);
  expect(() => acquireLock(home)).toThrow(expect.objectContaining({ code: "ALREADY_RUNNING" }));
  lock.release();
});

test("F17: whatever is in the file, it is a lock all the same, and that of one", async () => {
  for (const damage of ["x", "garbage".repeat(1_000), `SQLite format 3\0${"\0".repeat(5_000)}`]) {
    writeFileSync(join(home.path, "lock.db"), damage);
    await using lock = acquireLock(home);
    const { said } = await race();
    expect(said).toEqual({ code: "ALREADY_RUNNING", details: { home: home.path, pid: process.pid } });
    lock.release();
  }
});

test("a file that is damaged while its lock is held does not give the lock away", async () => {
  const { child } = await race();
  writeFileSync(join(home.path, "lock.db"), "garbage".repeat(1_000));
  expect(() => acquireLock(home)).toThrow(
    expect.objectContaining({ code: "ALREADY_RUNNING", details: { home: home.path, pid: child.pid } }),
  );
});
