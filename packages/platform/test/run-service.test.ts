import { expect, test } from "vitest";
import { atBest, startProgram } from "./running-program.ts";

const start = (...how: readonly string[]) => startProgram("service.ts", how);

test("a service that is told to stop runs its phases and exits with 0", async () => {
  const program = start();
  await program.says("run");
  program.kill("SIGTERM");
  expect(await program.ended).toEqual({
    code: 0,
    stdout: "preStart\nonStart\nrun\nuser-requested\nonStop\npostStop\n",
    stderr: "",
  });
});

test("a service that fails exits with 1 and says why, causes included", async () => {
  const program = start("throws");
  await program.says("run");
  program.kill("SIGINT");
  const { code, stderr } = await program.ended;
  expect({ code, stderr }).toEqual({ code: 1, stderr: "node: run failed: it broke: the disk\n" });
});

test("D-18 a reload reason ends the process with 75, so that its keeper starts it again", async () => {
  const program = start();
  await program.says("run");
  program.kill("SIGUSR2");
  const { code, stdout } = await program.ended;
  expect(code).toBe(75);
  expect(stdout).toContain("reload-requested\nonStop\npostStop\n");
});

test("D-18 SIGHUP reloads in place, again and again, and a failure is said and ends nothing", async () => {
  const program = start("reloads", "badly");
  await program.says("run");
  program.kill("SIGHUP");
  await program.says("run\nreload\n");
  program.kill("SIGHUP");
  await program.says("run\nreload\nreload\n");
  program.kill("SIGTERM");
  const { code, stderr } = await program.ended;
  expect(code).toBe(0);
  expect(stderr).toBe("node: reload failed: no such port\n".repeat(2));
});

test("D-18 without a reload of its own a service takes SIGHUP for the end", async () => {
  const program = start();
  await program.says("run");
  program.kill("SIGHUP");
  expect(await program.ended).toMatchObject({ code: 0 });
});

test.each([
  [["preStart"], "preStart", "SIGINT", ["preStart: hook"]],
  [["onStart"], "onStart", "SIGINT", ["onStart: hook"]],
  [["run", "task"], "run", "SIGINT", ["run: hook", "tasks: background-loop sync"]],
  [["task"], "run", "user-requested", ["tasks: background-loop sync"]],
  [["onStop"], "run", "onStop", ["onStop: hook"]],
  [["postStop"], "run", "postStop", ["postStop: hook"]],
] as const)(
  "with %j hung a second signal ends the process within 20 ms, and names each with its age",
  async (how, before, after, named) => {
    const ms = await atBest(20, async () => {
      const program = start(...how);
      await program.says(before);
      program.kill("SIGINT");
      await program.says(after);
      const at = performance.now();
      program.kill("SIGTERM");
      const { code, stderr } = await program.ended;
      const took = performance.now() - at;
      expect(code).toBe(143);
      const lines = [
        "SIGTERM again: ending now; still running:",
        ...named.map((line) => `  ${line}, AGE`),
        "",
      ];
      expect(stderr.replaceAll(/\d+\.\d s/g, "AGE")).toBe(lines.join("\n"));
      return took;
    });
    expect(ms).toBeLessThanOrEqual(20);
    console.log(`${how.join(" and ")} hung: ended after ${ms.toFixed(1)} ms`);
  },
);
