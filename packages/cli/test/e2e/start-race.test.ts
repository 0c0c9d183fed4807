/** A daemon is started in the instant in which another one is going. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { Holdfast } from "./holdfast.ts";

const platform = new URL("../../../platform/src/index.ts", import.meta.url).href;

/** A program that stands in for the going one; resolves once it has printed a line. */
async function goingDaemon(home: string, program: string): Promise<ChildProcess> {
  mkdirSync(home, { mode: 0o700 });
  const child = spawn(process.execPath, ["--input-type=module", "-e", program], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  await new Promise((resolve) => child.stdout?.once("data", resolve));
  return child;
}

async function startsAndStops(holdfast: Holdfast): Promise<void> {
  expect(await holdfast.run("daemon", "start")).toMatchObject({
    code: 0,
    err: expect.stringContaining("the daemon runs, pid"),
  });
  expect(await holdfast.run("daemon", "stop")).toMatchObject({ code: 0 });
}

test("one that takes the connection and dies without an answer is no daemon: another is started", async () => {
  await using holdfast = new Holdfast({ Procfile: "" });
  const socket = JSON.stringify(join(holdfast.home, "holdfast.sock"));
  await goingDaemon(
    holdfast.home,
    `import { createServer } from "node:net";
     let taken = 0;
     // It answers nobody, and after a while nobody is there.
     const server = createServer((one) => void setTimeout(() => ++taken < 5 ? one.destroy() : process.exit(), 20));
     server.listen(${socket}, () => console.log("listening"));`,
  );
  await startsAndStops(holdfast);
});

test("one that holds the home for a moment longer is waited for, and then another is started", async () => {
  await using holdfast = new Holdfast({ Procfile: "" });
  await goingDaemon(
    holdfast.home,
    `import { acquireLock } from ${JSON.stringify(platform)};
     globalThis.lock = acquireLock({ path: ${JSON.stringify(holdfast.home)} });
     setTimeout(() => process.exit(), 2_000);
     console.log("held");`,
  );
  await startsAndStops(holdfast);
});
