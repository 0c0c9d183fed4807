import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { seededRandom } from "@holdfast/runtime";
import { VirtualClock } from "@holdfast/runtime/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import { freshRecord } from "../../src/store/instance-record.ts";
import { openState } from "../../src/store/open-state.ts";
import type { DesiredState } from "../../src/store/state-backup.ts";
import { appSpec, projectSpec } from "../fakes/app-spec.ts";

const clock = new VirtualClock();
let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "holdfast-state-"));
});
afterEach(() => {
  rmSync(home, { recursive: true });
});

const shop = projectSpec([appSpec("web"), appSpec("db")]);
const web = { ...freshRecord({ project: "shop", name: "web", instance: 1 }, 0), wanted: true, cookie: "a" };

/** A home with one project, closed as a daemon closes it; returns what is to run. */
async function fill(): Promise<DesiredState> {
  using state = openState(home, clock);
  state.database.write([
    { kind: "put-project", spec: shop },
    { kind: "put-instance", record: web },
  ]);
  await clock.advance(1_000);
  return state.database.desired();
}

function reopened(): { readonly desired: DesiredState; readonly reason: string | undefined } {
  using state = openState(home, clock);
  return { desired: state.database.desired(), reason: state.restored?.reason };
}

const file = (name: string): string => join(home, name);

test("what was written is there again, and nothing is said of a backup", async () => {
  const written = await fill();
  expect(reopened()).toEqual({ desired: written, reason: undefined });
});

test("F17: a state.db that is gone, empty or cut at any length is put back from the backup, and said so", async () => {
  const { projects, instances } = await fill();
  const whole = readFileSync(file("state.db"));
  const lengths = Array.from({ length: 40 }, (_, index) => Math.floor((index * whole.length) / 40));
  for (const length of lengths) {
    writeFileSync(file("state.db"), whole.subarray(0, length));
    const { desired, reason } = reopened();
    expect({ projects: desired.projects, instances: desired.instances }, `${length} bytes`).toEqual({
      projects,
      instances,
    });
    expect(reason, `${length} bytes`).toBeDefined();
  }
  rmSync(file("state.db"));
  expect(reopened()).toMatchObject({ desired: { projects }, reason: expect.any(String) });
  expect(readdirSync(home).filter((name) => /^state\.damaged-.+\.db$/.test(name)).length).toBeLessThanOrEqual(
    3,
  );
});

test("F17: no flipped bit is believed, in the database or in a backup", async () => {
  const written = await fill();
  const random = seededRandom(17);
  const names = ["state.db", "state.backup.0", "state.backup.1"];
  const whole = new Map(names.map((name) => [name, readFileSync(file(name))]));
  for (let round = 0; round < 200; round++) {
    for (const name of readdirSync(home)) rmSync(file(name));
    const spoilt = names[round % 3] ?? "";
    for (const [name, bytes] of whole) writeFileSync(file(name), bytes);
    const bytes = Buffer.from(whole.get(spoilt) ?? "");
    const at = Math.floor(random.next() * bytes.length);
    const bit = Math.floor(random.next() * 8);
    bytes[at] = (bytes[at] ?? 0) ^ (1 << bit);
    writeFileSync(file(spoilt), bytes);
    const { projects, instances } = reopened().desired;
    expect({ projects, instances }, `bit ${bit} of byte ${at} of ${spoilt}`).toEqual({
      projects: written.projects,
      instances: written.instances,
    });
  }
});

test("F18: a write-ahead log that is gone takes nothing with it that was to run", async () => {
  const state = openState(home, clock);
  state.database.write([
    { kind: "put-project", spec: shop },
    { kind: "put-instance", record: web },
  ]);
  await clock.advance(1_000);
  // As a kill leaves it: the log is hot, and somebody removes it.
  const copy = mkdtempSync(join(tmpdir(), "holdfast-state-"));
  try {
    for (const name of ["state.db", "state.backup.0", "state.backup.1"])
      copyFileSync(file(name), join(copy, name));
    using left = openState(copy, clock);
    expect(left.restored?.reason).toContain("it lacks changes that were made");
    expect(left.database.desired()).toMatchObject({ projects: [shop], instances: [web] });
  } finally {
    state[Symbol.dispose]();
    rmSync(copy, { recursive: true });
  }
});

test("F17: where the backups are damaged too, nothing is begun anew in silence", async () => {
  await fill();
  for (const name of ["state.db", "state.backup.0", "state.backup.1"]) writeFileSync(file(name), "torn");
  expect(() => openState(home, clock)).toThrow(
    expect.objectContaining({
      code: "STATE_UNREADABLE",
      message: expect.stringContaining("its backups are damaged"),
    }),
  );
});

test("a change of a cookie alone needs no backup", async () => {
  await fill();
  using state = openState(home, clock);
  const { generation } = state.database;
  state.database.write([{ kind: "put-instance", record: { ...web, cookie: "b" } }]);
  expect(state.database.generation).toBe(generation);
  state.database.write([{ kind: "put-instance", record: { ...web, wanted: false } }]);
  expect(state.database.generation).toBe(generation + 1);
});

test("F18: damage where only past events are is found too: a daemon could write nothing any more", async () => {
  await fill();
  {
    using state = openState(home, clock);
    const common = {
      type: "project",
      project: "shop",
      name: null,
      app: null,
      operation: null,
      by: null,
      cause: { origin: null, after: null },
    } as const;
    const events = Array.from({ length: 500 }, (_, index) => ({
      ...common,
      seq: index + 1,
      time: new Date(0).toISOString(),
      message: "x".repeat(500),
    }));
    state.database.write(events.map((event) => ({ kind: "put-event", event })));
  }
  const bytes = readFileSync(file("state.db"));
  const page = Math.floor(bytes.length / 4_096) - 10;
  writeFileSync(file("state.db"), bytes.fill(0, page * 4_096, (page + 1) * 4_096));
  expect(reopened()).toMatchObject({
    desired: { projects: [shop], instances: [web] },
    reason: expect.any(String),
  });
});
