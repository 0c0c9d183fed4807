import { ShutdownToken } from "@holdfast/runtime";
import { VirtualClock } from "@holdfast/runtime/testing";
import { expect, test } from "vitest";
import { probeLoop } from "../../src/probes/probe-loop.ts";
import type { Probe } from "../../src/spec/app-spec.ts";
import { probe as usual } from "../fakes/app-spec.ts";

/** Runs a probe against `answer(ms since the start)`, and tells when each verdict fell. */
async function verdicts(
  over: Partial<Probe>,
  answer: (at: number) => boolean,
  runMs: number,
): Promise<{ readonly fell: readonly string[]; readonly looks: readonly number[] }> {
  const clock = new VirtualClock();
  const token = new ShutdownToken();
  const startedAt = clock.monotonic();
  const fell: string[] = [];
  const looks: number[] = [];
  const look = async () => {
    const at = clock.monotonic() - startedAt;
    looks.push(at);
    return { ok: answer(at), text: "looked" };
  };
  const loop = probeLoop({ ...usual, ...over }, { clock, look, token }, (verdict) =>
    fell.push(`${verdict} at ${clock.monotonic() - startedAt}`),
  );
  await clock.advance(runMs);
  token.cancel({ kind: "requested-by-run" });
  await loop;
  expect(clock.pending).toBe(0);
  return { fell, looks };
}

test("the first look comes at once, and the first success is the verdict", async () => {
  expect((await verdicts({}, () => true, 10)).fell).toEqual(["good at 0"]);
});

test("while it comes up it is looked at often, then once an interval", async () => {
  const { fell, looks } = await verdicts({}, (at) => at >= 300, 5_000);
  expect(fell).toEqual(["good at 300"]);
  expect(looks.slice(0, 5)).toEqual([0, 20, 60, 140, 300]);
  expect(looks.slice(5)).toEqual([1_300, 2_300, 3_300, 4_300]);
});

test("the quick looks cost nothing: three failures take three intervals", async () => {
  const { fell } = await verdicts({}, () => false, 10_000);
  expect(fell).toHaveLength(1);
  const at = Number(fell[0]?.replace("bad at ", ""));
  expect(at).toBeGreaterThanOrEqual(3_000);
  expect(at).toBeLessThan(6_000);
});

test("failures within the start period do not count", async () => {
  const { fell } = await verdicts(
    { startPeriodMs: 60_000, startIntervalMs: 500 },
    (at) => at > 50_000,
    70_000,
  );
  expect(fell.map((each) => each.split(" ")[0])).toEqual(["good"]);
});

test("after the first success failures count, start period or not", async () => {
  const { fell } = await verdicts({ startPeriodMs: 60_000 }, (at) => at < 1_500, 20_000);
  expect(fell).toEqual(["good at 0", "bad at 4000"]);
});

test("a success in between starts the count of failures anew", async () => {
  const { fell } = await verdicts({}, (at) => Math.floor(at / 1_000) % 3 === 0, 60_000);
  expect(fell).toEqual(["good at 0"]);
});

test("successThreshold wants that many in a row", async () => {
  const { fell } = await verdicts({ successThreshold: 3 }, () => true, 10_000);
  expect(fell).toEqual(["good at 60"]);
});

test("the initial delay is waited for", async () => {
  expect((await verdicts({ initialDelayMs: 5_000 }, () => true, 6_000)).looks[0]).toBe(5_000);
});

test("a bad one that recovers is good again", async () => {
  const { fell } = await verdicts({ failureThreshold: 1 }, (at) => at < 500 || at > 2_500, 10_000);
  expect(fell).toEqual(["good at 0", "bad at 1000", "good at 3000"]);
});
