/** F17: what the keeper wrote of a run is cut or damaged while no daemon runs: nothing is doubled, and nothing is silent. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { seededRandom } from "@holdfast/runtime";
import { expect, test } from "vitest";
import { projectSpec, restart } from "../fakes/app-spec.ts";
import { KillableDaemon } from "./killable-daemon.ts";
import { heartbeat, waiting } from "./operations.ts";
import { sample, scaled } from "./scale.ts";

const random = seededRandom(17);

test("F17: a pid record that is cut at any length is found again, one that is wrong is told; no app runs twice", {
  timeout: 900_000,
}, async () => {
  const daemon = new KillableDaemon();
  const figures = { prefixes: 0, flips: 0, restarts: 0 };
  try {
    await daemon.start();
    const apps = [heartbeat(daemon.root), waiting("web", daemon.root, restart("always"))];
    await daemon.api.call("apps.apply", { spec: projectSpec(apps) });
    await daemon.settle();
    const length = readFileSync(recordOf(daemon, "pid")).length;
    const lengths = Array.from({ length }, (_, at) => at);
    for (const cut of sample(lengths, 3)) {
      const before = daemon.programs();
      await daemon.kill();
      const path = recordOf(daemon, "pid");
      writeFileSync(path, readFileSync(path).subarray(0, cut));
      const said = daemon.errors.length;
      await daemon.start();
      await daemon.settle();
      expect(daemon.programs(), `cut to ${cut} bytes`).toEqual(before);
      expect(daemon.errors.slice(said)).toContain("was torn; its program runs on");
      figures.prefixes++;
    }
    for (let round = 0; round < scaled(4, 60); round++) {
      const before = daemon.programs();
      await daemon.kill();
      flip(recordOf(daemon, "pid"));
      await daemon.start();
      const rows = await daemon.settle();
      const after = daemon.programs();
      // One whose record is wrong is ended as a whole and started again, as its policy says; the other is not touched.
      expect(after.map(({ app }) => app).toSorted(), `flip ${round}`).toEqual(["bystander", "web"]);
      expect(rows.map(({ state }) => state)).toEqual(["running", "running"]);
      const kept = (app: string): boolean => pidOf(before, app) === pidOf(after, app);
      expect(kept("bystander"), `flip ${round}`).toBe(true);
      if (!kept("web")) figures.restarts++;
      figures.flips++;
    }
    console.log(
      `F17: COOKIE.pid: ${figures.prefixes} prefixes, 0 apps restarted; ${figures.flips} flipped bits, ${figures.restarts} of them restarted the one app, 0 doubled`,
    );
  } finally {
    await daemon.remove();
  }
});

test("F17: an exit record that is cut or wrong is an exit that is not known, and no crash", {
  timeout: 900_000,
}, async () => {
  let prefixes = 0;
  let flips = 0;
  for (const damage of [
    ...sample(["", "s", "signal", "signal 9"], 2),
    ...Array(scaled(2, 30)).fill("flip"),
  ]) {
    const daemon = new KillableDaemon();
    try {
      await daemon.start();
      const apps = [heartbeat(daemon.root), waiting("web", daemon.root)];
      await daemon.api.call("apps.apply", { spec: projectSpec(apps) });
      await daemon.settle();
      await daemon.kill();
      const path = recordOf(daemon, "exit");
      process.kill(pidOf(daemon.programs(), "web") ?? 0, "SIGKILL");
      await daemon.until("the exit is written", () => readOr(path, "") === "signal 9\n");
      if (damage === "flip") flip(path);
      else writeFileSync(path, damage);
      await daemon.start();
      let state: string | undefined;
      await daemon.until("its end is known", async () => {
        const rows = await daemon.api.call("apps.list", {});
        state = rows.find(({ name }) => name === "web")?.state;
        return state !== "running";
      });
      // A flipped digit is another exit, and nobody can know.
      expect(["failed", "completed"], `damage ${damage}`).toContain(state);
      expect(daemon.programs().map(({ app }) => app)).toEqual(["bystander"]);
      if (damage === "flip") flips++;
      else prefixes++;
    } finally {
      await daemon.remove();
    }
  }
  console.log(
    `F17: COOKIE.exit: ${prefixes} prefixes, ${flips} flipped bits: 0 crashes, 0 apps started that were not to`,
  );
});

/** Of the app `web`, which runs. */
function recordOf(daemon: KillableDaemon, kind: "pid" | "exit"): string {
  const [boot = ""] = readdirSync(join(daemon.home, "run"));
  const directory = join(daemon.home, "run", boot);
  const cookie = daemon.programs().find(({ app }) => app === "web")?.cookie ?? "";
  return join(directory, `${cookie}.${kind}`);
}

function pidOf(programs: ReturnType<KillableDaemon["programs"]>, name: string): number | undefined {
  return programs.find(({ app }) => app === name)?.pid;
}

function flip(path: string): void {
  const bytes = readFileSync(path);
  const at = Math.floor(random.next() * bytes.length);
  bytes[at] = (bytes[at] ?? 0) ^ (1 << Math.floor(random.next() * 8));
  writeFileSync(path, bytes);
}

function readOr(path: string, otherwise: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return otherwise;
  }
}
