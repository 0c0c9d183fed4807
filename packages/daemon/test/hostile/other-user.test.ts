import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { acquireLock, ensurePrivateFile, listenUnixSocket, openHome } from "@holdfast/platform";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { readOrMakeToken } from "../../src/http/token-file.ts";
import { StateDatabase } from "../../src/store/state-database.ts";

/** Another user of this machine: `nobody`, which only root can become. */
const stranger = 65_534;
const asStranger = ["--reuid=65534", "--regid=65534", "--clear-groups"];
const canBeStranger = process.getuid?.() === 0 && spawnSync("setpriv", [...asStranger, "true"]).status === 0;
const rounds = 10_000;

let directory = "";
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "holdfast-stranger-"));
});
const attackers: ChildProcess[] = [];
afterEach(async () => {
  for (const each of attackers.splice(0)) {
    each.kill("SIGKILL");
    if (each.exitCode === null && each.signalCode === null) await once(each, "exit");
  }
  // The last program that one of them started may end a moment later.
  rmSync(directory, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
});

/** What a stranger's shell says and ends with. */
function stranged(script: string, ...args: readonly string[]): { status: number | null; text: string } {
  const { status, stdout, stderr } = spawnSync(
    "setpriv",
    [...asStranger, "sh", "-c", script, "sh", ...args],
    {
      encoding: "utf8",
    },
  );
  return { status, text: stdout + stderr };
}

describe.skipIf(!canBeStranger)("another user of the machine (skipped: needs root and setpriv)", () => {
  test("T4: cannot enter the home, read the token, the state or the pid, nor connect to the socket", async () => {
    const home = openHome({ HOLDFAST_HOME: join(directory, "home") });
    chmodSync(directory, 0o755);
    const token = readOrMakeToken(join(home.path, "token"));
    await using _socket = await listenUnixSocket(home.socketPath, () => undefined);
    await using _lock = acquireLock(home);
    new StateDatabase(join(home.path, "state.db")).close();
    for (const name of ["token", "state.db", "lock.db", "daemon.pid"]) {
      const { status, text } = stranged('cat "$1"', join(home.path, name));
      expect([name, status === 0, text.includes("Permission denied")]).toEqual([name, false, true]);
      expect(text).not.toContain(token);
      // And would not even if the directory were open.
      expect([name, statSync(join(home.path, name)).mode & 0o077]).toEqual([name, 0]);
    }
    const connect = `perl -MIO::Socket::UNIX -e 'IO::Socket::UNIX->new(Peer => $ARGV[0]) or die "$!\\n"' "$1"`;
    expect(stranged(connect, home.socketPath)).toMatchObject({ text: "Permission denied\n" });
    chmodSync(home.path, 0o755);
    expect(stranged(connect, home.socketPath)).toMatchObject({ text: "Permission denied\n" });
  });

  test("T4: a home, or a place for the socket, that is a stranger's is refused with what to do", () => {
    const home = join(directory, "home");
    mkdirSync(home, { mode: 0o700 });
    chownSync(home, stranger, stranger);
    const open = () => openHome({ HOLDFAST_HOME: home });
    expect(open).toThrow(
      expect.objectContaining({ code: "UNSAFE_DIRECTORY", message: expect.stringContaining("65534") }),
    );
    // A link to it does not help either.
    symlinkSync(home, join(directory, "link"));
    expect(() => openHome({ HOLDFAST_HOME: join(directory, "link") })).toThrow("65534");
    const long = join(directory, "x".repeat(100));
    const runtime = join(directory, "run");
    mkdirSync(runtime, { mode: 0o777 });
    const { socketPath } = openHome({ HOLDFAST_HOME: long, XDG_RUNTIME_DIR: runtime });
    const place = socketPath.slice(0, socketPath.lastIndexOf("/"));
    rmSync(place, { recursive: true });
    symlinkSync(home, place);
    expect(() => openHome({ HOLDFAST_HOME: long, XDG_RUNTIME_DIR: runtime })).toThrow("is not a directory");
  });

  test("T4: a file of the daemon's that a stranger made before it is refused", () => {
    for (const [name, open] of [
      ["token", (path: string) => readOrMakeToken(path)],
      ["state.db", (path: string) => new StateDatabase(path)],
      ["daemon.log", (path: string) => ensurePrivateFile(path)],
    ] as const) {
      const path = join(directory, name);
      writeFileSync(path, `${"a".repeat(64)}\n`, { mode: 0o600 });
      chownSync(path, stranger, stranger);
      expect([name, refusalOf(() => open(path))]).toEqual([name, expect.stringContaining("65534")]);
    }
  });

  test("T3, T4: 10,000 races for the token's and the log's place: no link is followed, no stranger's file is taken", () => {
    // As bad as it gets: a directory in which everybody may do everything.
    chmodSync(directory, 0o777);
    const target = join(directory, "target");
    writeFileSync(target, "untouched\n", { mode: 0o600 });
    const places = ["token", "log"].map((name) => join(directory, name));
    const swapper = new URL("swap-links.sh", import.meta.url).pathname;
    for (const place of places) {
      attackers.push(spawn("setpriv", [...asStranger, "sh", swapper, place, target], { stdio: "ignore" }));
    }
    const [token = "", log = ""] = places;
    const counts = { made: 0, refused: 0, wins: 0 };
    for (let round = 0; round < rounds; round++) {
      const [path, open] = round % 2 === 0 ? [token, readOrMakeToken] : [log, ensurePrivateFile];
      try {
        const made = open(path);
        counts.made++;
        if (typeof made === "string" && !/^[0-9a-f]{64}$/.test(made)) counts.wins++;
        // It is ours: whoever owns the directory can move it away, and not read it.
        rmSync(path, { force: true, recursive: true });
      } catch (error) {
        const { code } = error as { code?: string };
        counts.refused++;
        if (!["UNSAFE_TOKEN", "UNSAFE_FILE", "ENOENT", "EISDIR", "ENOTEMPTY", "ENOTDIR"].includes(code ?? ""))
          throw error;
      }
      if (round % 100 === 0 && readFileSync(target, "utf8") !== "untouched\n") counts.wins++;
    }
    console.log(`T3, T4: ${rounds} rounds: ${JSON.stringify(counts)}`);
    expect(counts.wins).toBe(0);
    expect(counts.refused).toBeGreaterThan(100);
    expect(statSync(target).mode & 0o777).toBe(0o600);
  });
});

test("T4: a socket's place that a link has taken is taken back, and nothing behind the link is touched", async () => {
  const target = join(directory, "target");
  writeFileSync(target, "untouched");
  symlinkSync(target, join(directory, "s"));
  await using _server = await listenUnixSocket(join(directory, "s"), () => undefined);
  expect(statSync(join(directory, "s")).isSocket()).toBe(true);
  expect(readFileSync(target, "utf8")).toBe("untouched");
  expect(existsSync(target)).toBe(true);
});

test("T3: a token whose making was cut short is made anew", () => {
  const path = join(directory, "token");
  writeFileSync(path, "", { mode: 0o600 });
  const token = readOrMakeToken(path);
  expect(token).toMatch(/^[0-9a-f]{64}$/);
  expect(readOrMakeToken(path)).toBe(token);
  expect(execFileSync("stat", ["-c", "%a", path], { encoding: "utf8" })).toBe("600\n");
});

function refusalOf(open: () => unknown): string {
  try {
    open();
    return "";
  } catch (error) {
    return String(error);
  }
}
