import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { readOrMakeToken } from "../../src/http/token-file.ts";
import { appSpec, projectSpec } from "../fakes/app-spec.ts";
import { type RealDaemon, realDaemon, until } from "../real/real-daemon.ts";

const daemons: RealDaemon[] = [];
afterEach(async () => {
  for (const each of daemons.splice(0)) await each.end();
});

async function outputOf(
  script: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<string[]> {
  const real = await realDaemon();
  daemons.push(real);
  const command = { kind: "shell", script, shell: ["/bin/sh", "-c"] } as const;
  real.daemon.apply(projectSpec([appSpec("web", { command, environment })]));
  await until(
    () => real.daemon.list()[0]?.state === "completed",
    () => JSON.stringify(real.daemon.list()),
  );
  const lines = await real.daemon.logs.read(real.daemon.logSources([{ project: "shop" }]), {});
  return lines.map((line) => line.text);
}

test("T8: an app has its three files open and no other of the daemon's", async () => {
  // A program that opens nothing itself: looking at one's own files opens one.
  const lines = await outputOf("/bin/sleep 100 & /bin/sleep 0.3; /bin/ls /proc/$!/fd; kill $!");
  expect(lines).toEqual(["0", "1", "2"]);
});

test("T8: an app's environment is what was declared and the names of the app, and nothing of the daemon's", async () => {
  process.env["HOLDFAST_TEST_SECRET"] = "of the daemon";
  try {
    const lines = await outputOf("/usr/bin/tr '\\0' '\\n' < /proc/$$/environ", { A: "1" });
    const names = lines.map((line) => line.split("=", 1)[0]).sort();
    expect(names).toEqual(["A", "HOLDFAST_APP", "HOLDFAST_COOKIE", "HOLDFAST_INSTANCE", "HOLDFAST_PROJECT"]);
  } finally {
    delete process.env["HOLDFAST_TEST_SECRET"];
  }
});

test("T5: what a shell would act on is an argument like any other", async () => {
  const real = await realDaemon();
  daemons.push(real);
  const hostile = ["$(touch x)", "`touch x`", "; touch x", "| touch x", "a\nb", "-n", "*", "'\"\\", "%s"];
  real.daemon.apply(
    projectSpec(
      hostile.map((text, index) =>
        appSpec(`a${index}`, {
          command: { kind: "exec", argv: ["/usr/bin/printf", "%s", text] },
          workingDir: real.directory,
        }),
      ),
    ),
  );
  await until(
    () => real.daemon.list().every(({ state }) => state === "completed"),
    () => JSON.stringify(real.daemon.list()),
  );
  for (const [index, text] of hostile.entries()) {
    const lines = await real.daemon.logs.read(
      real.daemon.logSources([{ project: "shop", name: `a${index}` }]),
      {},
    );
    expect(lines.map((line) => line.text).join("\n")).toBe(text);
  }
  expect(readdirSync(real.directory)).not.toContain("x");
});

test("T3: the token is in no file but its own, and in no environment or arguments, with 100 apps running", async () => {
  const real = await realDaemon();
  daemons.push(real);
  const token = readOrMakeToken(join(real.directory, "token"));
  const command = { kind: "shell", script: "echo up; sleep 1000", shell: ["/bin/sh", "-c"] } as const;
  real.daemon.apply(
    projectSpec([appSpec("web", { command, environment: { PATH: "/usr/bin:/bin" }, replicas: 100 })]),
  );
  await until(
    () => real.daemon.list().every(({ state }) => state === "running"),
    () => JSON.stringify(real.daemon.list()),
  );
  await real.daemon.saved();
  const files = filesBelow(real.directory).filter((path) => readFileSync(path, "latin1").includes(token));
  expect(files).toEqual([join(real.directory, "token")]);
  const processes = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => ["environ", "cmdline"].some((file) => readOr(`/proc/${pid}/${file}`).includes(token)));
  expect(processes).toEqual([]);
});

function filesBelow(directory: string): readonly string[] {
  return readdirSync(directory, { recursive: true, encoding: "utf8" })
    .map((name) => join(directory, name))
    .filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile() === true);
}

function readOr(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}
