import { type ChildProcess, spawn } from "node:child_process";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { removeCgroups, removeHome } from "@holdfast/platform/testing";
import { systemClock } from "@holdfast/runtime";
import { onTestFinished } from "vitest";

export const bin: string = new URL("../../bin/holdfast.js", import.meta.url).pathname;

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly out: string;
  readonly err: string;
}

/** A home, a directory with a manifest, and the real command in them. Whatever is left at the end is a failure. */
export class Holdfast implements AsyncDisposable {
  /** In the environment of everything that is started here, and nowhere else. */
  readonly root: string = mkdtempSync(join(tmpdir(), "holdfast-e2e-"));
  readonly home: string = join(this.root, "home");
  readonly directory: string = join(this.root, "shop");

  readonly #within: readonly string[];

  /** `within`: what every command is started by, such as `ip netns exec NAME`. */
  constructor(
    files: Readonly<Record<string, string>>,
    { within = [] }: { readonly within?: readonly string[] } = {},
  ) {
    this.#within = within;
    for (const [name, text] of Object.entries(files)) {
      const path = join(this.directory, name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, text);
    }
    // A test that hangs does not come to the end of its scope.
    onTestFinished(async () => await this[Symbol.asyncDispose]());
  }

  /** Files of the directory that are to be programs. */
  makeExecutable(...names: readonly string[]): void {
    for (const name of names) chmodSync(join(this.directory, name), 0o755);
  }

  /** Starts the command. */
  start(...args: readonly string[]): Running {
    return this.startWith(process.execPath, ...args);
  }

  /** Starts the command with some other Node. */
  startWith(node: string, ...args: readonly string[]): Running {
    return this.#spawn(node, [bin, ...args]);
  }

  /** Runs a script in a session of its own, as a terminal's; `holdfast` in it is the command. */
  shell(script: string): Running {
    return this.#spawn("/bin/sh", ["-c", `holdfast() { "${process.execPath}" "${bin}" "$@"; }; ${script}`]);
  }

  #spawn(program: string, args: readonly string[]): Running {
    const [first = program, ...rest] = [...this.#within, program, ...args];
    return new Running(
      spawn(first, rest, {
        cwd: this.directory,
        env: { ...process.env, HOLDFAST_HOME: this.home, HOLDFAST_E2E: this.root, NO_COLOR: "1" },
        stdio: ["ignore", "pipe", "pipe"],
        detached: true,
      }),
    );
  }

  /** Runs the command to its end. */
  async run(...args: readonly string[]): Promise<Ended> {
    return await this.start(...args).ended;
  }

  /** The live processes that were started here: pid and command line. */
  processes(): readonly string[] {
    return readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
      .flatMap((pid) => {
        try {
          if (!this.#isOurs(pid)) return [];
          return [`${pid} ${readFileSync(`/proc/${pid}/cmdline`, "latin1").replaceAll("\0", " ")}`];
        } catch {
          return [];
        }
      });
  }

  /** Also an app's whose environment is empty of us: it runs in our directory, or writes into our home. */
  #isOurs(pid: string): boolean {
    const places = ["cwd", "fd/1"].map((link) => readlinkSync(`/proc/${pid}/${link}`));
    return (
      places.some((place) => place.startsWith(`${this.root}/`)) ||
      readFileSync(`/proc/${pid}/environ`, "latin1").includes(this.root)
    );
  }

  /** Ends what a failed test left. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (let look = 0; look < 50 && this.processes().length > 0; look++) {
      for (const line of this.processes()) {
        try {
          process.kill(Number.parseInt(line, 10), "SIGKILL");
        } catch {
          // It has just ended.
        }
      }
      await systemClock.sleep(20);
    }
    removeHome(this.root);
    removeCgroups(this.home);
  }
}

/** A command that runs. */
export class Running {
  readonly ended: Promise<Ended>;
  readonly #child: ChildProcess;
  #out = "";
  #err = "";

  constructor(child: ChildProcess) {
    this.#child = child;
    child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      this.#out += text;
    });
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#err += text;
    });
    this.ended = new Promise((resolve) => {
      child.once("close", (code, signal) => resolve({ code, signal, out: this.#out, err: this.#err }));
    });
  }

  get out(): string {
    return this.#out;
  }

  get err(): string {
    return this.#err;
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** What a terminal does with a key: every process of the group gets it. */
  signalGroup(name: NodeJS.Signals): void {
    if (this.#child.pid !== undefined) process.kill(-this.#child.pid, name);
  }

  /** Nobody reads its stdout any more. */
  closeStdout(): void {
    this.#child.stdout?.destroy();
  }

  /** Resolves when the text has been printed on either output; throws when it has not within 10 s. */
  async prints(part: string): Promise<void> {
    const deadline = systemClock.monotonic() + 10_000;
    while (!this.#out.includes(part) && !this.#err.includes(part)) {
      if (this.#child.exitCode !== null || systemClock.monotonic() > deadline) {
        throw new Error(`${JSON.stringify(part)} was not printed, but:\n${this.#out}\n${this.#err}`);
      }
      await systemClock.sleep(5);
    }
  }
}
