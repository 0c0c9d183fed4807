import { expect, test } from "vitest";
import type { ProcessIdentity } from "../src/process/identity.ts";
import { membersOf, ProcessScanner, type ScannedProcess, scanProcesses } from "../src/process/proc-scan.ts";
import { parseProcStat } from "../src/process/proc-stat.ts";

const leader: ProcessIdentity = { pid: 100, startTime: 7, bootId: "boot" };

type Sketch = Partial<ScannedProcess> & { readonly pid: number };

function members(...sketches: readonly Sketch[]): readonly number[] {
  return looks([...sketches]);
}

/** What the last of several looks at one run finds. */
function looks(...tables: readonly (readonly Sketch[])[]): readonly number[] {
  let found: readonly ScannedProcess[] = [];
  for (const sketches of tables) {
    const processes = sketches.map((sketch) => ({
      state: "S",
      parent: 1,
      group: sketch.pid,
      session: sketch.pid,
      startTime: 9,
      ...sketch,
    }));
    const table = new Map(processes.map((process) => [process.pid, process]));
    found = membersOf(table, "mine", leader, found);
  }
  return found.map(({ pid }) => pid);
}

const led = { pid: 100, startTime: 7, cookie: "mine" };

test("a process with the cookie belongs, whatever group and session it is in", () => {
  const guest = { pid: 200, group: 50, session: 50, cookie: "mine" };
  expect(members(led, guest, { pid: 300, cookie: "other" }, { pid: 50 })).toEqual([100, 200]);
});

test("the group and the session of the leader belong, also without a cookie", () => {
  expect(members(led, { pid: 200, group: 100 }, { pid: 300, session: 100 })).toEqual([100, 200, 300]);
});

test("they do while the leader is a zombie, which itself is no longer alive", () => {
  expect(members({ pid: 100, startTime: 7, state: "Z" }, { pid: 200, group: 100 })).toEqual([200]);
});

test("they do without the leader while one of them carries the cookie", () => {
  expect(members({ pid: 200, group: 100, cookie: "mine" }, { pid: 300, group: 100 })).toEqual([200, 300]);
});

test("a group that has the leader's number and nothing else of it is a stranger's", () => {
  expect(members({ pid: 200, group: 100, session: 100 })).toEqual([]);
});

test("a process that was given the leader's pid is a stranger, and so is its group", () => {
  expect(members({ pid: 100, startTime: 8 }, { pid: 200, group: 100 })).toEqual([]);
});

test("descendants belong although they have neither cookie, group nor session", () => {
  expect(members(led, { pid: 200, parent: 100 }, { pid: 300, parent: 200 }, { pid: 400, parent: 3 })).toEqual(
    [100, 200, 300],
  );
});

test("the session of whoever launched the leader is not the leader's", () => {
  expect(members({ ...led, session: 50 }, { pid: 50 }, { pid: 60, session: 50 })).toEqual([100]);
});

test("a cycle of parents, as pids reused during a scan can show, ends", () => {
  expect(members({ pid: 200, parent: 300 }, { pid: 300, parent: 200 })).toEqual([]);
});

const orphan = { pid: 200, session: 50, cookie: "mine" };
const bare = { isBare: true } as const;

test("a process in the middle of an exec, without an environment, still belongs", () => {
  expect(looks([orphan], [{ pid: 200, session: 50, ...bare }])).toEqual([200]);
  expect(looks([orphan], [{ pid: 200, session: 200, ...bare }])).toEqual([200]);
});

test("so does a child that was born since, by its session", () => {
  expect(looks([orphan], [{ pid: 201, session: 50, ...bare }])).toEqual([201]);
  expect(members({ pid: 201, session: 50, ...bare })).toEqual([]);
});

test("but nobody who has another environment, another session, or the pid of one that ended", () => {
  expect(looks([orphan], [{ pid: 201, session: 50 }])).toEqual([]);
  expect(looks([orphan], [{ pid: 201, session: 51, ...bare }])).toEqual([]);
  expect(looks([orphan], [{ pid: 200, session: 60, startTime: 10, ...bare }])).toEqual([]);
});

test("nor by a session that a stranger leads now", () => {
  expect(
    looks(
      [orphan],
      [
        { pid: 50, startTime: 10 },
        { pid: 201, session: 50, ...bare },
      ],
    ),
  ).toEqual([]);
  expect(looks([orphan], [{ pid: 50, startTime: 10, ...bare }])).toEqual([]);
});

test("this very process never belongs", () => {
  expect(members(led, { pid: process.pid, cookie: "mine" })).toEqual([100]);
});

test("a scan sees this process, its parent and its session", () => {
  const self = scanProcesses().get(process.pid);
  expect(self).toMatchObject({ pid: process.pid, parent: process.ppid });
});

test("all who ask in one moment share a scan; who asks later gets a new one", async () => {
  let scans = 0;
  const scanner = new ProcessScanner(() => {
    scans++;
    return new Map();
  });
  await Promise.all([scanner.scan(), scanner.scan(), scanner.scan()]);
  expect(scans).toBe(1);
  await scanner.scan();
  expect(scans).toBe(2);
});

test("a scan that fails fails those who asked, not those who ask later", async () => {
  let fails = true;
  const scanner = new ProcessScanner(() => {
    if (fails) throw new Error("EMFILE");
    return new Map();
  });
  await expect(scanner.scan()).rejects.toThrow("EMFILE");
  fails = false;
  expect((await scanner.scan()).size).toBe(0);
});

test("a program may have any name", () => {
  const rest = `1 2 3 0 -1 ${"0 ".repeat(13)}4711 0`;
  expect(parseProcStat(`12 (a) S (b) ) R ${rest}`)).toEqual({
    pid: 12,
    state: "R",
    parent: 1,
    group: 2,
    session: 3,
    startTime: 4711,
  });
  expect(parseProcStat("")).toBeUndefined();
});
