/** What the next daemon finds: a hundred apps, a damaged state, another version. */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { seededRandom, systemClock } from "@holdfast/runtime";
import { expect, test } from "vitest";
import { projectSpec, restart } from "../fakes/app-spec.ts";
import { holdfastBin, KillableDaemon } from "./killable-daemon.ts";
import { heartbeat, longestGapMs, waiting } from "./operations.ts";
import { otherBuild } from "./other-build.ts";
import { scaled, spread } from "./scale.ts";

test("F1: a hundred apps are taken over by the next daemon at once", { timeout: 300_000 }, async () => {
  const daemon = new KillableDaemon();
  try {
    await daemon.start();
    const apps = Array.from({ length: 99 }, (_, index) => waiting(`app${index}`, daemon.root));
    await daemon.api.call("apps.apply", { spec: projectSpec([heartbeat(daemon.root), ...apps]) });
    await daemon.settle();
    const before = pidsOf(daemon);
    expect(before.length).toBe(100);
    const took: number[] = [];
    for (let round = 0; round < scaled(5, 50); round++) {
      await daemon.kill();
      const began = systemClock.monotonic();
      await daemon.start();
      const rows = await daemon.settle();
      took.push(systemClock.monotonic() - began);
      expect(rows.filter(({ state }) => state === "running").length).toBe(100);
      expect(pidsOf(daemon)).toEqual(before);
    }
    console.log(
      `F1: 100 apps taken over: ${spread(took)}, from the start of the process (target 1000); heartbeat gap ${longestGapMs(daemon)} ms`,
    );
    expect(Math.min(...took)).toBeLessThan(1_000);
  } finally {
    await daemon.remove();
  }
});

/** Each spoils the files of a home, with a number between 0 and 1 to choose with. */
const damages: Readonly<Record<string, (home: string, chance: () => number) => void>> = {
  "a page of zeros": (home, chance) => {
    const bytes = readFileSync(join(home, "state.db"));
    const page = Math.floor(chance() * (bytes.length / 4_096));
    bytes.fill(0, page * 4_096, (page + 1) * 4_096);
    writeFileSync(join(home, "state.db"), bytes);
  },
  "flipped bits": (home, chance) => {
    const bytes = readFileSync(join(home, "state.db"));
    for (let flips = 0; flips < 5; flips++) {
      const at = Math.floor(chance() * bytes.length);
      bytes[at] = (bytes[at] ?? 0) ^ (1 << Math.floor(chance() * 8));
    }
    writeFileSync(join(home, "state.db"), bytes);
  },
  "a file cut off": (home, chance) => {
    const bytes = readFileSync(join(home, "state.db"));
    writeFileSync(join(home, "state.db"), bytes.subarray(0, Math.floor(chance() * bytes.length)));
  },
  "no log": (home) => rmSync(join(home, "state.db-wal"), { force: true }),
  "no index of the log": (home) => rmSync(join(home, "state.db-shm"), { force: true }),
  "a log cut off": (home, chance) => {
    const bytes = readFileSync(join(home, "state.db-wal"));
    writeFileSync(join(home, "state.db-wal"), bytes.subarray(0, Math.floor(chance() * bytes.length)));
  },
  "a log with flipped bits": (home, chance) => {
    const bytes = readFileSync(join(home, "state.db-wal"));
    const at = Math.floor(chance() * bytes.length);
    bytes[at] = (bytes[at] ?? 0) ^ 0x10;
    writeFileSync(join(home, "state.db-wal"), bytes);
  },
  "no file": (home) => rmSync(join(home, "state.db")),
};

test("F17, F18: however state.db is damaged under a kill, the next daemon has all apps, and touches none", {
  timeout: 900_000,
}, async () => {
  const daemon = new KillableDaemon();
  const random = seededRandom(18);
  const rounds = scaled(24, 200);
  let restored = 0;
  try {
    await daemon.start();
    const apps = ["web", "db"].map((name) => waiting(name, daemon.root, restart("always")));
    await daemon.api.call("apps.apply", { spec: projectSpec([heartbeat(daemon.root), ...apps]) });
    await daemon.settle();
    // The backup is a moment behind.
    await systemClock.sleep(400);
    const kinds = Object.entries(damages);
    for (let round = 0; round < rounds; round++) {
      // So that there is something in the log beside what has been there for long.
      const [operation] = await daemon.api.call("apps.restart", {
        targets: [{ project: "shop", name: "web" }],
      });
      await daemon.api.call("operations.wait", { ids: [operation?.id ?? ""] });
      const before = pidsOf(daemon);
      await daemon.kill();
      const [kind, damage] = kinds[round % kinds.length] ?? ["", () => undefined];
      damage(daemon.home, () => random.next());
      const said = daemon.errors.length;
      await daemon.start();
      const where = `round ${round}, ${kind}: ${daemon.errors.slice(said)}`;
      expect(daemon.isDead, where).toBe(false);
      const rows = await daemon.settle();
      expect(rows.map(({ name, state }) => `${name} ${state}`).toSorted(), where).toEqual([
        "bystander running",
        "db running",
        "web running",
      ]);
      expect(pidsOf(daemon), where).toEqual(before);
      if (daemon.errors.slice(said).includes("state.db is damaged")) restored++;
    }
    const kept = readdirSync(daemon.home).filter((name) => /^state\.damaged-.+\.db$/.test(name));
    console.log(
      `F18: ${rounds} damaged states: 0 crash loops, 0 apps restarted, 0 empty starts; ${restored} put back from a backup and said so, ${kept.length} damaged files kept; heartbeat gap ${longestGapMs(daemon)} ms`,
    );
    expect(restored).toBeGreaterThan(rounds / 4);
  } finally {
    await daemon.remove();
  }
});

test("F25: another build takes the apps over, and the first one takes them back; a later schema is refused", {
  timeout: 120_000,
}, async () => {
  const daemon = new KillableDaemon();
  using other = otherBuild("0.2.0-other");
  try {
    execFileSync(process.execPath, [other.bin, "--version"]);
    await daemon.start();
    const apps = [heartbeat(daemon.root), waiting("web", daemon.root, restart("always"))];
    await daemon.api.call("apps.apply", { spec: projectSpec(apps) });
    await daemon.settle();
    const before = pidsOf(daemon);
    for (const build of [other.bin, holdfastBin, other.bin, holdfastBin]) {
      await daemon.api.call("system.shutdown", { keepApps: true });
      await daemon.gone();
      await daemon.start({}, { bin: build });
      const rows = await daemon.settle();
      expect(rows.map(({ state, restarts }) => `${state} ${restarts}`)).toEqual(["running 0", "running 0"]);
      expect(pidsOf(daemon)).toEqual(before);
    }
    await daemon.kill();
    const database = new DatabaseSync(join(daemon.home, "state.db"));
    database.exec("PRAGMA user_version = 99; UPDATE meta SET value = 99 WHERE name = 'schema'");
    database.close();
    await daemon.start();
    expect(daemon.isDead).toBe(true);
    expect(daemon.errors).toContain("was written by a later version of Holdfast (schema 99");
    expect(pidsOf(daemon)).toEqual(before);
    console.log(
      `F25: 4 changes of build: 0 restarts, heartbeat gap ${longestGapMs(daemon)} ms; schema 99 refused, apps go on`,
    );
  } finally {
    await daemon.remove();
  }
});

function pidsOf(daemon: KillableDaemon): readonly string[] {
  return daemon
    .programs()
    .map(({ app, pid }) => `${app} ${pid}`)
    .toSorted();
}
