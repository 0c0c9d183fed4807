// A daemon that is going to be killed: starts two programs, says who they are, and stays.
import { join } from "node:path";
import { systemClock } from "@holdfast/runtime";
import { type LauncherKind, openLauncher } from "../../src/launcher/index.ts";
import { RunDirectory } from "../../src/run-directory.ts";

const [base = "", home = "", kind] = process.argv.slice(2);
const runDirectory = new RunDirectory(base, { clock: systemClock });
const launcher = await openLauncher({ runDirectory, clock: systemClock, kind: kind as LauncherKind });
const request = { cwd: home, env: { PATH: "/usr/bin:/bin" } };
const script = "echo before; while [ ! -e go ]; do sleep 0.01; done; echo after; exit 42";
const quick = launcher.launch({
  ...request,
  cookie: "quick",
  argv: ["sh", "-c", script],
  output: join(home, "quick.log"),
});
const slow = launcher.launch({
  ...request,
  cookie: "slow",
  argv: ["sleep", "1000"],
  output: join(home, "slow.log"),
});
console.log(JSON.stringify([await quick, await slow]));
await runDirectory.exited("slow");
