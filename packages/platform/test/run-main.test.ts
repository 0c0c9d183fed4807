import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { atBest, type RunningProgram, startProgram } from "./running-program.ts";

const run = (...how: readonly string[]): RunningProgram => startProgram("main.ts", how);

test("the exit code is the one the program returns, whatever is still open", async () => {
  expect(await run("returns").ended).toEqual({ code: 7, stdout: "ready\n", stderr: "" });
});

test("a program that only waits for its token runs until it is told to stop", async () => {
  const program = run("obeys");
  await program.says("ready");
  const early = await Promise.race([
    program.ended,
    new Promise((resolve) => setTimeout(resolve, 100, "runs")),
  ]);
  expect(early).toBe("runs");
  program.kill("SIGTERM");
  expect((await program.ended).code).toBe(0);
});

test("a program that throws exits with 1 and says why, causes included", async () => {
  expect(await run("throws").ended).toEqual({ code: 1, stdout: "ready\n", stderr: "it broke: the disk\n" });
});

test.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)(
  "a first %s is a reason to stop, not an end",
  async (signal) => {
    const program = run("obeys");
    await program.says("ready");
    program.kill(signal);
    const { code, stdout } = await program.ended;
    expect(code).toBe(0);
    expect(stdout).toBe(`ready\n{"kind":"user-requested","signal":"${signal}"}\n`);
  },
);

test.each([
  ["SIGINT", 130],
  ["SIGTERM", 143],
] as const)("a second signal, %s, ends it within 20 ms and names what hung", async (signal, code) => {
  const ms = await atBest(20, async () => {
    const program = run("hangs");
    await program.says("ready");
    program.kill("SIGHUP");
    await program.says("user-requested");
    const before = performance.now();
    program.kill(signal);
    const ended = await program.ended;
    const took = performance.now() - before;
    expect(ended.code).toBe(code);
    expect(ended.stderr).toBe(
      `${signal} again: ending now; still running:\n  stop: task sync, 1.2 s\n  stop: task heartbeat, 0.3 s\n`,
    );
    return took;
  });
  expect(ms).toBeLessThanOrEqual(20);
});

test("the same signal within 50 ms is an echo; later it is not", async () => {
  const directory = mkdtempSync(join(tmpdir(), "holdfast-echo-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const time = join(directory, "time");
  writeFileSync(time, "1000");
  const program = run("hangs", time);
  await program.says("ready");
  program.kill("SIGINT");
  await program.says("user-requested");
  writeFileSync(time, "1049");
  program.kill("SIGINT");
  await program.says("heard", 2);
  writeFileSync(time, "1050");
  program.kill("SIGINT");
  const { code, stdout } = await program.ended;
  expect([code, stdout.match(/heard/g)?.length]).toEqual([130, 3]);
});

test("a program that passes on its cancellation exits as the signal would have made it", async () => {
  const program = run("passes-on");
  await program.says("ready");
  program.kill("SIGTERM");
  const { code, stderr } = await program.ended;
  expect({ code, stderr }).toEqual({ code: 143, stderr: "" });
});
