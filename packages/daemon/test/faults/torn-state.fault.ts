/** F17: every file that holds state, cut at every length, and with flipped bits: never an empty start, never in silence. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { seededRandom } from "@holdfast/runtime";
import { VirtualClock } from "@holdfast/runtime/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { freshRecord } from "../../src/store/instance-record.ts";
import { openState } from "../../src/store/open-state.ts";
import type { DesiredState } from "../../src/store/state-backup.ts";
import { appSpec, projectSpec } from "../fakes/app-spec.ts";
import { sample, scaled } from "./scale.ts";

const names = ["state.db", "state.db-wal", "state.backup.0", "state.backup.1"] as const;
const clock = new VirtualClock();
/** In memory where there is such a place: it is written ten thousand times. */
const base = mkdtempSync(join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "holdfast-torn-"));
const whole = new Map<string, Buffer>();
const figures = { prefixes: 0, flips: 0, restored: 0, empty: 0, silent: 0 };
let written: DesiredState;

beforeAll(async () => {
  const home = join(base, "whole");
  mkdirSync(home);
  const state = openState(home, clock);
  const shop = projectSpec([appSpec("web"), appSpec("db")]);
  const records = ["web", "db"].map((name) => ({
    ...freshRecord({ project: "shop", name, instance: 1 }, 0),
    wanted: true,
  }));
  state.database.write([
    { kind: "put-project", spec: shop },
    ...records.map((record) => ({ kind: "put-instance", record }) as const),
  ]);
  await clock.advance(1_000);
  // Two generations, so that both backups are there; then what changes nothing of what is to run.
  state.database.write([{ kind: "put-project", spec: { ...shop, directory: "/elsewhere" } }]);
  await clock.advance(1_000);
  for (const cookie of ["a", "b", "c"]) {
    state.database.write(records.map((record) => ({ kind: "put-instance", record: { ...record, cookie } })));
  }
  written = state.database.desired();
  // As a kill leaves it: the log is hot.
  for (const name of names) whole.set(name, readFileSync(join(home, name)));
  state[Symbol.dispose]();
});

afterAll(() => {
  rmSync(base, { recursive: true });
  const { prefixes, flips, restored, empty, silent } = figures;
  console.log(
    `F17: ${prefixes} prefixes and ${flips} flipped bits of ${names.join(", ")}: ${empty} empty starts, ${silent} in silence; ${restored} put back from a backup and said so`,
  );
});

test.each(names)(
  "F17: %s, cut at any length, does not lose what is to run",
  { timeout: 3_600_000 },
  (name) => {
    const bytes = whole.get(name) ?? Buffer.alloc(0);
    const lengths = Array.from({ length: bytes.length }, (_, length) => length);
    for (const length of sample(lengths, 60)) {
      expectWhole(name, bytes.subarray(0, length), `${name} cut to ${length} bytes`);
      figures.prefixes++;
    }
  },
);

test.each(names)("F17: %s, with a flipped bit, is not believed", { timeout: 3_600_000 }, (name) => {
  const random = seededRandom(17);
  for (let round = 0; round < scaled(60, 1_000); round++) {
    const bytes = Buffer.from(whole.get(name) ?? "");
    const at = Math.floor(random.next() * bytes.length);
    bytes[at] = (bytes[at] ?? 0) ^ (1 << Math.floor(random.next() * 8));
    expectWhole(name, bytes, `${name} with a flip in byte ${at}`);
    figures.flips++;
  }
});

/** A home with that file in place of the one that was written. */
function expectWhole(name: string, bytes: Buffer, where: string): void {
  const home = mkdtempSync(join(base, "home-"));
  try {
    for (const [each, content] of whole) writeFileSync(join(home, each), each === name ? bytes : content);
    using state = openState(home, clock);
    const { projects, instances } = state.database.desired();
    if (projects.length === 0) figures.empty++;
    const isSame = JSON.stringify(wish({ projects, instances })) === JSON.stringify(wish(written));
    if (state.restored !== undefined) figures.restored++;
    else if (!isSame) figures.silent++;
    expect({ ...wish({ projects, instances }), where }).toEqual({ ...wish(written), where });
  } finally {
    rmSync(home, { recursive: true });
  }
}

/** What is to run. Which run was the last one is found again by what the run says of itself. */
function wish({ projects, instances }: Pick<DesiredState, "projects" | "instances">): object {
  return { projects, instances: instances.map(({ cookie: _, ...record }) => record) };
}
