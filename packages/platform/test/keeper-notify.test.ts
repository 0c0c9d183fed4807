import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "@holdfast/runtime";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Launcher, openLauncher } from "../src/launcher/index.ts";
import { type Notified, parseNotified } from "../src/notified.ts";
import { isAlive, type ProcessIdentity } from "../src/process/identity.ts";
import { RunDirectory } from "../src/run-directory.ts";
import { removeHome } from "../src/testing/remove-home.ts";

const say = `perl ${new URL("./programs/notify.pl", import.meta.url).pathname}`;
const hasSystemdNotify = existsSync("/usr/bin/systemd-notify") || existsSync("/bin/systemd-notify");
let home: string;
let runs: RunDirectory;
let launcher: Launcher;
let count = 0;
const started: ProcessIdentity[] = [];

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), "holdfast-notify-"));
  runs = new RunDirectory(join(home, "run"), { clock: systemClock });
  launcher = await openLauncher({ runDirectory: runs, clock: systemClock, kind: "keeper" });
});

afterEach(async () => {
  await launcher[Symbol.asyncDispose]();
  for (const identity of started.splice(0)) {
    if (isAlive(identity)) process.kill(-identity.pid, "SIGKILL");
  }
  runs.close();
  removeHome(home);
});

interface Talker {
  readonly cookie: string;
  readonly heard: Notified[];
  output(): string;
  until(isSo: (last: Notified) => boolean): Promise<Notified>;
}

/** Runs a script that may `say` something, and keeps what is heard. */
async function talk(script: string, user?: string): Promise<Talker> {
  const cookie = `talker-${process.pid}-${++count}`;
  const output = join(home, `${cookie}.log`);
  const heard: Notified[] = [];
  runs.onNotified(cookie, (notified) => heard.push(notified));
  const argv = ["/bin/sh", "-c", `say() { ${say} "$@"; }; ${script}`] as const;
  const env = { PATH: "/usr/bin:/bin" };
  const identity = await launcher.launch({
    cookie,
    argv,
    cwd: "/",
    env,
    output,
    notify: true,
    ...(user !== undefined && { user }),
  });
  started.push(identity);
  return {
    cookie,
    heard,
    output: () => readFileSync(output, "utf8"),
    until: async (isSo) => {
      for (const end = systemClock.monotonic() + 8_000; ; await systemClock.sleep(5)) {
        const last = heard.at(-1);
        if (last !== undefined && isSo(last)) return last;
        if (systemClock.monotonic() > end) {
          throw new Error(`not heard: ${JSON.stringify(heard.slice(-5))}\n${readFileSync(output, "utf8")}`);
        }
      }
    },
  };
}

test("what an app says is heard, merged, and still known when it is asked again", async () => {
  const { until, cookie } = await talk(
    "say READY=1 'STATUS=warming up' 'WATCHDOG=1\nWATCHDOG=1' WATCHDOG_USEC=2500000 EXTEND_TIMEOUT_USEC=1000000 'STATUS=all is well: 100 % ✓'; sleep 100",
  );
  const last = await until(({ status }) => status?.startsWith("all") === true);
  const expected: Notified = {
    ready: true,
    reloading: false,
    stopping: false,
    status: "all is well: 100 % ✓",
    watchdogs: 2,
    watchdogTriggered: false,
    watchdogMs: 2_500,
    extensions: 1,
    extensionMs: 1_000,
  };
  expect(last).toEqual(expected);
  const again: Notified[] = [];
  runs.onNotified(cookie, (notified) => again.push(notified));
  expect(again).toEqual([expected]);
});

test("READY ends RELOADING, and STOPPING stays", async () => {
  const { until } = await talk(
    "say READY=1 RELOADING=1; read x < /dev/null; sleep 0.2; say READY=1 STOPPING=1; sleep 100",
  );
  await until(({ reloading }) => reloading);
  const last = await until(({ stopping }) => stopping);
  expect(last).toMatchObject({ ready: true, reloading: false, stopping: true });
});

test("20: MAINPID and what nobody knows mean nothing, whatever they are", async () => {
  const { until } = await talk(
    "say MAINPID=1 MAINPID=0 MAINPID=1073741824 MAINPID=-1 FDSTORE=1 'X=$(id)' READY=0 READY=11 ' READY=1' '' 'WATCHDOG_USEC=-5' EXTEND_TIMEOUT_USEC=soon STATUS=end; sleep 100",
  );
  expect(await until(({ status }) => status === "end")).toEqual({
    ready: false,
    reloading: false,
    stopping: false,
    status: "end",
    watchdogs: 0,
    watchdogTriggered: false,
    extensions: 0,
    extensionMs: 0,
  });
});

test("its last words are known before its end is", async () => {
  const cookie = `last-${process.pid}`;
  const argv = ["/bin/sh", "-c", `${say} STATUS=farewell STOPPING=1`] as const;
  const output = join(home, "last.log");
  await launcher.launch({ cookie, argv, cwd: "/", env: { PATH: "/usr/bin:/bin" }, output, notify: true });
  await runs.exited(cookie);
  const heard: Notified[] = [];
  runs.onNotified(cookie, (notified) => heard.push(notified));
  expect(heard).toMatchObject([{ status: "farewell", stopping: true }]);
  runs.remove(cookie);
  expect(readdirSync(runs.path).filter((name) => name.startsWith(cookie))).toEqual([]);
});

test("descendants of the app are believed, also those that left its session and lost their parents", async () => {
  const { until } = await talk(
    `(setsid sh -c 'sleep 0.3; ${say} fork:STATUS=far' &); say STATUS=near; sleep 100`,
  );
  await until(({ status }) => status === "near");
  await until(({ status }) => status === "far");
});

test("a stranger is not believed, though he knows the name of the socket", async () => {
  const { cookie, heard, until } = await talk("sleep 0.6; say STATUS=own; sleep 100");
  execFileSync("/bin/sh", ["-c", `${say} fork:READY=1 'fork:STATUS=child of a stranger'; sleep 0.3`], {
    env: { PATH: "/usr/bin:/bin", NOTIFY_SOCKET: `@holdfast/${cookie}` },
  });
  await until(({ status }) => status === "own");
  expect(heard.some(({ ready, status }) => ready || status?.includes("stranger"))).toBe(false);
});

test("one app is not believed about another", async () => {
  const first = await talk("sleep 1; say STATUS=own; sleep 100");
  const second = await talk(
    `NOTIFY_SOCKET=@holdfast/${first.cookie} say fork:READY=1; say STATUS=said; sleep 100`,
  );
  await second.until(({ status }) => status === "said");
  const last = await first.until(({ status }) => status === "own");
  expect(last.ready).toBe(false);
});

describe.runIf(process.getuid?.() === 0)("as root", () => {
  test("a stranger of another user is not believed, however soon he is gone", async () => {
    const { cookie, heard, until } = await talk("sleep 0.6; say STATUS=own; sleep 100");
    const script = readFileSync(new URL("./programs/notify.pl", import.meta.url), "utf8");
    for (let times = 0; times < 5; times++) {
      execFileSync("perl", ["-e", script, "READY=1"], {
        uid: 65_534,
        cwd: "/",
        env: { PATH: "/usr/bin:/bin", NOTIFY_SOCKET: `@holdfast/${cookie}` },
      });
    }
    await until(({ status }) => status === "own");
    expect(heard.some(({ ready }) => ready)).toBe(false);
  });

  test("an app of another user is heard", async () => {
    const program = readFileSync(new URL("./programs/notify.pl", import.meta.url), "utf8");
    // The sources may lie where that user cannot read them.
    writeFileSync(join(home, "notify.pl"), program);
    execFileSync("chmod", ["755", home, join(home, "notify.pl")]);
    const { until } = await talk(`perl ${home}/notify.pl READY=1; sleep 100`, "nobody");
    await until(({ ready }) => ready);
  });
});

test.runIf(hasSystemdNotify)(
  "systemd-notify works, and its barrier ends once its message was heard",
  async () => {
    const began = systemClock.monotonic();
    const { until, output } = await talk(
      "systemd-notify --ready --status='from systemd'; echo done; sleep 100",
    );
    expect(await until(({ ready }) => ready)).toMatchObject({ status: "from systemd" });
    for (
      const end = systemClock.monotonic() + 8_000;
      !output().includes("done");
      await systemClock.sleep(5)
    ) {
      if (systemClock.monotonic() > end) throw new Error(output());
    }
    // Without an end of the barrier it gives up after 5 s.
    console.log(`systemd-notify took ${Math.round(systemClock.monotonic() - began)} ms`);
    expect(systemClock.monotonic() - began).toBeLessThan(4_500);
  },
);

test("a flood of messages keeps nobody from being launched, and all of them count", async () => {
  const flood = `perl -e 'use Socket; socket my $s, AF_UNIX, SOCK_DGRAM, 0; (my $n = $ENV{NOTIFY_SOCKET}) =~ s/^@/\\0/; send $s, "WATCHDOG=1", 0, pack("S", AF_UNIX) . $n for 1 .. 2000; sleep 100'`;
  const { until, heard } = await talk(flood);
  const began = systemClock.monotonic();
  const cookie = `during-${process.pid}`;
  const output = join(home, "during.log");
  await launcher.launch({ cookie, argv: ["/bin/true"], cwd: "/", env: {}, output });
  console.log(`a launch during the flood took ${Math.round(systemClock.monotonic() - began)} ms`);
  await until(({ watchdogs }) => watchdogs === 2_000);
  console.log(`2,000 messages were told ${heard.length} times`);
  expect(heard.length).toBeLessThan(1_000);
});

test("the files of a keeper do not grow with the runs that it heard", async () => {
  for (let runNumber = 0; runNumber < 20; runNumber++) {
    const { cookie } = await talk("say READY=1");
    await runs.exited(cookie);
  }
  const keeper = readdirSync(runs.path)
    .find((name) => name.startsWith(".keeper-"))
    ?.slice(".keeper-".length);
  const files = readdirSync(`/proc/${keeper}/fd`).map((fd) => {
    try {
      return execFileSync("readlink", [`/proc/${keeper}/fd/${fd}`], { encoding: "utf8" });
    } catch {
      return "";
    }
  });
  // Its requests may come over a socket, too.
  expect(files.filter((file) => file.startsWith("socket:")).length).toBeLessThanOrEqual(1);
});

test("what was said goes on being heard without the daemon", async () => {
  await launcher[Symbol.asyncDispose]();
  const source = `
    import { openLauncher } from ${JSON.stringify(new URL("../src/launcher/index.ts", import.meta.url).pathname)};
    import { RunDirectory } from ${JSON.stringify(new URL("../src/run-directory.ts", import.meta.url).pathname)};
    import { systemClock } from "@holdfast/runtime";
    const runDirectory = new RunDirectory(${JSON.stringify(join(home, "run"))}, { clock: systemClock });
    const launcher = await openLauncher({ runDirectory, clock: systemClock });
    const identity = await launcher.launch({ cookie: "outlives-${process.pid}", cwd: "/", env: { PATH: "/usr/bin:/bin" },
      argv: ["/bin/sh", "-c", ${JSON.stringify(`while [ ! -e ${home}/go ]; do sleep 0.01; done; ${say} READY=1; sleep 100`)}],
      output: ${JSON.stringify(join(home, "out.log"))}, notify: true });
    console.log(JSON.stringify(identity));
    setInterval(() => undefined, 1000);`;
  const daemon = spawn(process.execPath, ["--input-type=module", "-e", source], {
    cwd: new URL("..", import.meta.url).pathname,
    stdio: ["ignore", "pipe", 2],
  });
  const line = await new Promise<string>((resolve) =>
    daemon.stdout?.once("data", (text) => resolve(String(text))),
  );
  started.push(JSON.parse(line) as ProcessIdentity);
  const gone = new Promise((resolve) => daemon.once("exit", resolve));
  daemon.kill("SIGKILL");
  await gone;
  writeFileSync(join(home, "go"), "");
  const heard = await new Promise<Notified>((resolve) => {
    runs.onNotified(`outlives-${process.pid}`, resolve);
  });
  expect(heard.ready).toBe(true);
});

test("without being asked for there is no NOTIFY_SOCKET", async () => {
  const output = join(home, "env.log");
  const cookie = `quiet-${process.pid}`;
  await launcher.launch({ cookie, argv: ["/usr/bin/env"], cwd: "/", env: {}, output });
  await runs.exited(cookie);
  expect(readFileSync(output, "utf8")).toBe(`HOLDFAST_COOKIE=${cookie}\n`);
});

test.each(["", "ready=1\n", "ready=1\nend", "status=x\nen"])(
  "a file that ends early says nothing: %j",
  (text) => {
    expect(parseNotified(text)).toBeUndefined();
  },
);
