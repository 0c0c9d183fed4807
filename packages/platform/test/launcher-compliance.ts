import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { HoldfastError, systemClock } from "@holdfast/runtime";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Launcher, type LauncherKind, type LaunchRequest, openLauncher } from "../src/launcher/index.ts";
import { openCgroupHome } from "../src/process/cgroup.ts";
import { isAlive, type ProcessIdentity, processIdentity } from "../src/process/identity.ts";
import { RunDirectory } from "../src/run-directory.ts";
import type { ProcessExit } from "../src/run-record.ts";
import { removeHome } from "../src/testing/remove-home.ts";

/** What every launcher promises; run by the test file of each. */
export function describeLauncher(kind: LauncherKind): void {
  const cgroupName = `${kind}-test-${process.pid}`;
  const haveCgroups = openCgroupHome(cgroupName, {})?.remove() ?? false;
  let home: string;
  let runs: RunDirectory;
  let launcher: Launcher;
  let count = 0;
  const started: ProcessIdentity[] = [];

  beforeEach(async () => {
    home = mkdtempSync(join(tmpdir(), "holdfast-launcher-"));
    runs = new RunDirectory(join(home, "run"), { clock: systemClock });
    launcher = await openLauncher({ runDirectory: runs, clock: systemClock, kind });
  });

  afterEach(async () => {
    await launcher[Symbol.asyncDispose]();
    for (const identity of started.splice(0)) {
      if (isAlive(identity)) process.kill(-identity.pid, "SIGKILL");
    }
    runs.close();
    removeHome(home);
  });

  function request(argv: readonly string[], more: Partial<LaunchRequest> = {}): LaunchRequest {
    const cookie = `app-${++count}`;
    return {
      cookie,
      argv: argv as [string],
      cwd: home,
      env: { PATH: "/usr/bin:/bin" },
      output: join(home, `${cookie}.log`),
      ...more,
    };
  }

  async function launch(made: LaunchRequest): Promise<ProcessIdentity> {
    const identity = await launcher.launch(made);
    started.push(identity);
    return identity;
  }

  async function run(
    argv: readonly string[],
    more: Partial<LaunchRequest> = {},
  ): Promise<{ exit: ProcessExit; output: string }> {
    const made = request(argv, more);
    await launch(made);
    const exit = await runs.exited(made.cookie);
    return { exit, output: readFileSync(made.output, "utf8") };
  }

  async function failure(made: LaunchRequest): Promise<unknown> {
    const error: unknown = await launcher.launch(made).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    if (!(error instanceof HoldfastError)) throw new Error(`no HoldfastError but ${String(error)}`);
    return { code: error.code, ...(error.details as object) };
  }

  test.each([0, 1, 3, 127, 200])("an exit with %i is recorded", async (code) => {
    const { exit } = await run(["sh", "-c", `exit ${code}`]);
    expect(exit).toEqual({ kind: "exited", code });
  });

  test.each(["SIGKILL", "SIGTERM", "SIGINT", "SIGHUP", "SIGPIPE"])(
    "a death by %s is recorded",
    async (signal) => {
      const made = request(["sleep", "1000"]);
      const { pid } = await launch(made);
      process.kill(pid, signal);
      expect(await runs.exited(made.cookie)).toEqual({ kind: "signaled", signal });
    },
  );

  test("the identity names the program that runs", async () => {
    const made = request(["sleep", "1000"]);
    const identity = await launch(made);
    expect(isAlive(identity, made.cookie)).toBe(true);
    if (kind === "keeper") {
      expect(readFileSync(`/proc/${identity.pid}/cmdline`, "utf8")).toBe("sleep\u00001000\u0000");
    }
    expect(runs.read(made.cookie)).toEqual({
      starting: false,
      pid: identity.pid,
      startTime: processIdentity(identity.pid)?.startTime,
    });
  });

  test("the environment holds what was asked for and the cookie, nothing else", async () => {
    const made = request(["env"], {
      env: { PATH: "/usr/bin:/bin", A: "1", EMPTY: "", EQ: "a=b", NL: "x\ny" },
    });
    const { output } = await run(["env"], made);
    expect(output.split("\n").sort()).toEqual(
      [
        "A=1",
        "EMPTY=",
        "EQ=a=b",
        `HOLDFAST_COOKIE=${made.cookie}`,
        "NL=x",
        "PATH=/usr/bin:/bin",
        "y",
        "",
      ].sort(),
    );
  });

  test("it runs in its working directory", async () => {
    const { output } = await run(["/bin/pwd"], { cwd: "/usr" });
    expect(output).toBe("/usr\n");
  });

  test("stdout and stderr are appended to the output file, which is the owner's alone", async () => {
    const made = request(["sh", "-c", "echo out; echo err >&2; stat -c %a out.log"]);
    const first = await run(made.argv, { ...made, output: join(home, "out.log") });
    expect(first.output).toBe("out\nerr\n600\n");
    const second = await run(["echo", "again"], { output: join(home, "out.log") });
    expect(second.output).toBe("out\nerr\n600\nagain\n");
  });

  test("stderr is appended to a file of its own where there is one, which is the owner's alone", async () => {
    const [output, errorOutput] = [join(home, "out.log"), join(home, "err.log")];
    const argv = ["sh", "-c", "echo out; echo err >&2; stat -c %a err.log"];
    await run(argv, { output, errorOutput });
    const again = await run(argv, { output, errorOutput });
    expect(again.output).toBe("out\n600\nout\n600\n");
    expect(readFileSync(errorOutput, "utf8")).toBe("err\nerr\n");
  });

  test("a file for stderr that cannot be opened fails the launch", async () => {
    const made = request(["true"], { errorOutput: join(home, "no", "log") });
    expect(await failure(made)).toMatchObject({ code: "SPAWN_FAILED", phase: "output", error: "ENOENT" });
  });

  test("stdin is at its end", async () => {
    const { output, exit } = await run(["sh", "-c", "readlink /proc/self/fd/0; cat"]);
    expect(output).toBe("/dev/null\n");
    expect(exit).toEqual({ kind: "exited", code: 0 });
  });

  test("no file but the three is open in it", async () => {
    const look = "for n in $(seq 0 1100); do [ -e /proc/$$/fd/$n ] && echo $n; done";
    const { output } = await run(["sh", "-c", look]);
    // A shell cannot close a number above 9, so the shim cannot rid its app of what the daemon inherited there.
    const open = output.trim().split("\n").map(Number);
    expect(kind === "keeper" ? open : open.filter((fd) => fd < 10)).toEqual([0, 1, 2]);
  });

  test("no signal is ignored or blocked in it", async () => {
    const { output } = await run(["grep", "-E", "^Sig(Blk|Ign)", "/proc/self/status"]);
    expect(output).toBe("SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
  });

  test("the umask is the one of its daemon", async () => {
    const { output } = await run(["sh", "-c", "umask"]);
    expect(Number.parseInt(output, 8)).toBe(process.umask());
  });

  test("it leads a session and a process group of its own, and no parent is in them", async () => {
    const { pid } = await launch(request(["sleep", "1000"]));
    const groups = execFileSync("ps", ["-o", "pgid=,sid=,pid=", "-s", String(pid)], { encoding: "utf8" });
    expect(groups.trim().split(/\s+/).map(Number)).toEqual([pid, pid, pid]);
  });

  test("arguments arrive byte for byte, and no shell reads them", async () => {
    const args = ["a b", "'", '"', "$HOME `id` \\", "*", "", "two\nlines", "smørrebrød 🦞", "-n", "--"];
    const { output } = await run(["sh", "-c", 'printf "%s\\0" "$@"', "sh", ...args]);
    expect(output.split("\0").slice(0, -1)).toEqual(args);
  });

  test("a program that is not there is a failed launch, which leaves no record", async () => {
    const made = request(["no-such-program"]);
    expect(await failure(made)).toEqual({ code: "SPAWN_FAILED", phase: "exec", errno: 2, error: "ENOENT" });
    expect(runs.list()).toEqual([]);
  });

  test("a file that is no program is a failed launch", async () => {
    writeFileSync(join(home, "text"), "no program");
    expect(await failure(request(["./text"]))).toMatchObject({ phase: "exec", error: "EACCES" });
    expect(await failure(request(["/usr"]))).toMatchObject({ phase: "exec", error: "EACCES" });
  });

  test("a working directory that is not there, or is none, is a failed launch", async () => {
    expect(await failure(request(["true"], { cwd: "/nowhere" }))).toMatchObject({
      phase: "chdir",
      error: "ENOENT",
    });
    expect(await failure(request(["true"], { cwd: "/bin/sh" }))).toMatchObject({
      phase: "chdir",
      error: "ENOTDIR",
    });
  });

  test("an output file that cannot be opened is a failed launch", async () => {
    const made = request(["true"], { output: join(home, "no", "log") });
    expect(await failure(made)).toMatchObject({ phase: "output", error: "ENOENT" });
  });

  test("a cgroup that is not there is a failed launch", async () => {
    const made = request(["true"], { cgroups: [join(home, "no-cgroup")] });
    expect(await failure(made)).toMatchObject({ phase: "cgroup" });
    expect(runs.list()).toEqual([]);
  });

  test.runIf(haveCgroups)("a program is born in its cgroup", async () => {
    const cgroups = openCgroupHome(cgroupName, {});
    const cgroup = cgroups?.create("born");
    const { output } = await run(["cat", "/proc/self/cgroup"], { cgroups: [cgroup?.path ?? ""] });
    expect(output).toMatch(new RegExp(`^0::.*/holdfast-${cgroupName}/born$`, "m"));
    expect(await cgroup?.remove(systemClock)).toBe(true);
    expect(cgroups?.remove()).toBe(true);
  });

  test("an argument list that is too long is a failed launch", async () => {
    const made = request(["true", "x".repeat(300_000)]);
    expect(await failure(made)).toMatchObject({ error: "E2BIG" });
  });

  test("requests that no system can carry out are refused before anything is done", async () => {
    await expect(launcher.launch(request(["a\0b"]))).rejects.toThrow(TypeError);
    await expect(launcher.launch(request(["true"], { cwd: "relative" }))).rejects.toThrow(TypeError);
    await expect(launcher.launch(request(["true"], { cookie: "../x" }))).rejects.toThrow(TypeError);
    await expect(launcher.launch(request(["true"], { env: { "A=B": "c" } }))).rejects.toThrow(TypeError);
  });

  test("a program is found in the PATH of its own environment", async () => {
    symlinkSync("/bin/echo", join(home, "my-echo"));
    const { output } = await run(["my-echo", "hello"], { env: { PATH: home } });
    expect(output).toBe("hello\n");
  });

  test("a hundred programs start at once and each ends with its own code", async () => {
    const made = Array.from({ length: 100 }, (_, i) => request(["sh", "-c", `exit ${i}`]));
    await Promise.all(made.map(launch));
    const exits = await Promise.all(made.map(({ cookie }) => runs.exited(cookie)));
    expect(exits).toEqual(made.map((_, code) => ({ kind: "exited", code })));
  });

  test("a program that ends is no zombie once its exit is known", async () => {
    const made = request(["true"]);
    const { pid } = await launch(made);
    await runs.exited(made.cookie);
    expect(existsSync(`/proc/${pid}`)).toBe(false);
  });

  test("what it started runs on without it, and its exit is known later", async () => {
    await launcher[Symbol.asyncDispose]();
    const program = new URL("./programs/launch-and-wait.ts", import.meta.url).pathname;
    const daemon = spawn(process.execPath, [program, join(home, "run"), home, kind], {
      stdio: ["ignore", "pipe", 2],
    });
    const said = await new Promise<string>((resolve) =>
      daemon.stdout?.once("data", (text) => resolve(String(text))),
    );
    const [quick, slow] = JSON.parse(said) as [ProcessIdentity, ProcessIdentity];
    started.push(quick, slow);
    const ended = new Promise((resolve) => daemon.once("exit", resolve));
    daemon.kill("SIGKILL");
    await ended;
    expect(await runs.settled()).toEqual([]);
    expect(isAlive(slow, "slow")).toBe(true);
    writeFileSync(join(home, "go"), "");
    expect(await runs.exited("quick")).toEqual({ kind: "exited", code: 42 });
    process.kill(slow.pid, "SIGTERM");
    expect(await runs.exited("slow")).toEqual({ kind: "signaled", signal: "SIGTERM" });
    expect(readFileSync(join(home, "quick.log"), "utf8")).toBe("before\nafter\n");
    expect(readdirSync(runs.path).filter((name) => name.startsWith("."))).toEqual([]);
  });

  test("a disposed launcher refuses, and a second dispose is nothing", async () => {
    await launcher[Symbol.asyncDispose]();
    await launcher[Symbol.asyncDispose]();
    await expect(launcher.launch(request(["true"]))).rejects.toThrow("disposed");
  });
}
