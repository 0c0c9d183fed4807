/** F2, F4: the daemon is killed at its k-th system call of a kind, and the k-th one fails. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "@holdfast/runtime";
import { expect, test } from "vitest";
import { KillableDaemon } from "./killable-daemon.ts";
import { lacking } from "./needs.ts";
import { cases, longestGapMs } from "./operations.ts";
import { sample, spread } from "./scale.ts";
import { asked, bystanderOf, expectNothingLost, prepared } from "./survival.ts";

/** Of the main thread, which does all that matters: SQLite, the records, the socket, the keeper's pipe. */
const killedAt = [
  "write",
  "writev",
  "pwrite64",
  "fsync",
  "fdatasync",
  "rename",
  "unlink",
  "ftruncate",
  "bind",
];
const failing = ["pwrite64", "fsync", "fdatasync", "rename", "ftruncate"];
const errors = ["ENOSPC", "EIO", "EDQUOT"];

/** The daemon stays the child, and keeps its pid; one thread for files, so that counts are the same each time. */
const strace = (...args: readonly string[]): readonly string[] => ["strace", "-D", "-qq", ...args];
const oneThread = { UV_THREADPOOL_SIZE: "1" };
const chosen = ["start", "stop", "restart", "apply that adds", "scale up"];

interface Point {
  readonly index: number;
  readonly call: string;
  readonly nth: number;
}

/** Every call of these kinds that a daemon makes while it takes a home up, does the operation and comes to rest. */
async function pointsOf(index: number, calls: readonly string[]): Promise<readonly Point[]> {
  const daemon = new KillableDaemon();
  try {
    const fault = await prepared(daemon, index);
    const file = join(daemon.root, "calls");
    await daemon.start(oneThread, { under: strace("-o", file, "-e", `trace=${calls.join(",")}`) });
    await fault.ask(daemon);
    await daemon.settle();
    await daemon.kill();
    const made = readFileSync(file, "latin1")
      .split("\n")
      .map((line) => line.split("(", 1)[0] ?? "");
    return calls.flatMap((call) => {
      const count = made.filter((each) => each === call).length;
      return Array.from({ length: count }, (_, nth) => ({ index, call, nth: nth + 1 }));
    });
  } finally {
    await daemon.remove();
  }
}

async function allPoints(calls: readonly string[]): Promise<readonly Point[]> {
  const points: Point[] = [];
  for (const [index, { name }] of cases("").entries()) {
    if (chosen.includes(name)) points.push(...(await pointsOf(index, calls)));
  }
  return points;
}

test("F2: killed at any system call, nothing is lost, doubled or orphaned", { timeout: 3_600_000 }, async ({
  skip,
}) => {
  const lack = lacking("strace");
  if (lack !== undefined) skip(lack);
  const points = await allPoints(killedAt);
  expect(points.length).toBeGreaterThanOrEqual(300);
  let killed = 0;
  const gaps: number[] = [];
  const upMs: number[] = [];
  const tried = sample(points, 16);
  for (const { index, call, nth } of tried) {
    const daemon = new KillableDaemon();
    try {
      const fault = await prepared(daemon, index);
      const bystander = bystanderOf(daemon);
      const inject = `inject=${call}:signal=SIGKILL:when=${nth}`;
      await daemon.start(oneThread, {
        under: strace("-o", "/dev/null", "-e", `trace=${call}`, "-e", inject),
      });
      const acknowledged = daemon.isDead ? undefined : await asked(daemon, fault);
      await Promise.race([daemon.gone(), systemClock.sleep(500)]);
      if (daemon.isDead) killed++;
      const where = `${fault.name}, killed at ${call} number ${nth}`;
      upMs.push(await expectNothingLost(daemon, fault, { bystander, acknowledged, where }));
      gaps.push(longestGapMs(daemon));
    } finally {
      await daemon.remove();
    }
    if (gaps.length % 50 === 0) console.log(`F2: ${gaps.length} of ${tried.length}`);
  }
  console.log(
    `F2: ${tried.length} of ${points.length} points, killed at ${killed}: orphans 0, duplicates 0, lost acknowledgements 0; heartbeat gap ${spread(gaps)}; next daemon up: ${spread(upMs)}`,
  );
  expect(killed).toBeGreaterThan(tried.length / 2);
});

test("F4: whichever call on a file fails, the state stays whole, apps go on, and the next try works", {
  timeout: 3_600_000,
}, async ({ skip }) => {
  const lack = lacking("strace");
  if (lack !== undefined) skip(lack);
  const points = await allPoints(failing);
  const codes = new Map<string, number>();
  const tried = sample(
    points.flatMap((point) => errors.map((error) => ({ ...point, error }))),
    10,
  );
  let ended = 0;
  const recoveries: number[] = [];
  for (const { index, call, nth, error } of tried) {
    const daemon = new KillableDaemon();
    let code = "none";
    try {
      const fault = await prepared(daemon, index);
      const bystander = bystanderOf(daemon);
      const inject = `inject=${call}:error=${error}:when=${nth}`;
      await daemon.start(oneThread, {
        under: strace("-o", "/dev/null", "-e", `trace=${call}`, "-e", inject),
      });
      const where = `${fault.name}, ${error} at ${call} number ${nth}: ${daemon.errors}`;
      // A daemon that cannot open its state may say so and end; one that answers must not end any more.
      if (daemon.isDead) ended++;
      else {
        code = await fault.ask(daemon).then(
          () => "done",
          (refusal: { code?: string }) => refusal.code ?? "no code",
        );
        codes.set(code, (codes.get(code) ?? 0) + 1);
        expect(["done", "E_NO_SPACE", "STATE_UNWRITABLE"], where).toContain(code);
        const began = systemClock.monotonic();
        await daemon.settle();
        recoveries.push(systemClock.monotonic() - began);
        expect(daemon.isDead, where).toBe(false);
        expect(bystanderOf(daemon), where).toEqual(bystander);
      }
      await daemon.kill();
      // What was acknowledged and failed later is known by its key; what was refused is asked for again.
      await expectRecovery(daemon, fault, where, code === "done" ? "another-key" : undefined);
      expect(bystanderOf(daemon), where).toEqual(bystander);
    } finally {
      await daemon.remove();
    }
  }
  const told = [...codes].map(([code, count]) => `${code} ${count}`).join(", ");
  console.log(
    `F4: ${tried.length} of ${points.length * errors.length} failures (${points.length} calls, ${errors.join(", ")}): answers ${told}; ended at its start ${ended}; states lost 0; at rest again: ${spread(recoveries)}`,
  );
});

/** The next daemon has all that was there, and does what is asked. */
async function expectRecovery(
  daemon: KillableDaemon,
  fault: ReturnType<typeof cases>[number],
  where: string,
  key: string | undefined,
): Promise<void> {
  await daemon.start();
  expect(daemon.isDead, where).toBe(false);
  await daemon.settle();
  await fault.ask(daemon, key);
  const rows = await daemon.settle();
  const running = rows.filter(({ state }) => state === "running").length;
  expect(daemon.programs().length, where).toBe(running);
  const wanted = Object.values(fault.to).reduce((sum, each) => sum + Number(each.split(" ")[1]), 0);
  expect(running, where).toBe(wanted);
}
