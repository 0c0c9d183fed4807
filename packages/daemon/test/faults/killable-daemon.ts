import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectUnixSocket, socketPathOf } from "@holdfast/platform";
import { removeCgroups, removeHome } from "@holdfast/platform/testing";
import { type Client, createClient } from "@holdfast/rpc";
import { systemClock } from "@holdfast/runtime";
import { daemonProgram } from "../../../cli/src/connection/daemon-program.ts";
import type { AppStatus, Methods } from "../../src/api/contract.ts";

/** The command, as it is installed. */
export const holdfastBin: string = new URL("../../../cli/bin/holdfast.js", import.meta.url).pathname;

export type Api = Client<Methods>;

/** A live program of an app, as /proc shows it. */
export interface Program {
  readonly pid: number;
  readonly app: string;
  readonly cookie: string;
}

export interface StartOptions {
  /** Another build of the command. */
  readonly bin?: string;
  /** A program that runs it, with its arguments: `strace …`. */
  readonly under?: readonly string[];
}

/** The real daemon, as a process that can be killed anywhere, with a home of its own. */
export class KillableDaemon {
  readonly root: string = mkdtempSync(join(tmpdir(), "holdfast-fault-"));
  readonly home: string;
  readonly directory: string = join(this.root, "shop");
  #process: ChildProcess | undefined;
  #gone: Promise<unknown> = Promise.resolve();
  #api: Api | undefined;
  errors = "";

  /** `home` is below `root`. */
  constructor(home = "home") {
    this.home = join(this.root, home);
    mkdirSync(this.directory);
  }

  /** Starts it, or the next one. Resolves when it answers, or when it died before it did. */
  async start(variables: Readonly<Record<string, string>> = {}, options: StartOptions = {}): Promise<void> {
    const { bin = holdfastBin, under = [] } = options;
    const [file = "", ...args] = [...under, ...daemonProgram({ program: [process.execPath, bin] })];
    const child = spawn(file, args, {
      cwd: this.directory,
      env: { ...this.variables, ...variables },
      stdio: ["ignore", "ignore", "pipe"],
    });
    this.#process = child;
    child.stderr?.on("data", (chunk: Buffer) => {
      this.errors += chunk.toString();
    });
    this.#gone = new Promise((resolve) => void child.once("exit", resolve));
    this.#api = undefined;
    await this.until("the daemon answers", async () => {
      if (this.isDead) return true;
      try {
        this.#api = await this.connect();
        await this.#api.call("system.info", {});
        return true;
      } catch {
        return this.isDead;
      }
    });
  }

  /** Where it answers. */
  get socketPath(): string {
    return socketPathOf(this.home, {});
  }

  /** Another client. */
  async connect(): Promise<Api> {
    return createClient<Methods>(
      await connectUnixSocket(this.socketPath, { maxLineBytes: 64 * 1024 * 1024 }),
    );
  }

  /** What it is started with. */
  get variables(): Readonly<Record<string, string>> {
    return {
      PATH: process.env["PATH"] ?? "",
      HOLDFAST_HOME: this.home,
      HOLDFAST_FAULT_TEST: this.root,
      HOLDFAST_HTTP: "off",
    };
  }

  /** Undefined before it was started. */
  get pid(): number | undefined {
    return this.#process?.pid;
  }

  get isDead(): boolean {
    return (
      this.#process === undefined || this.#process.exitCode !== null || this.#process.signalCode !== null
    );
  }

  get api(): Api {
    if (this.#api === undefined) throw new Error(`no daemon answers: ${this.errors}`);
    return this.#api;
  }

  async gone(): Promise<void> {
    await this.#gone;
  }

  async kill(): Promise<void> {
    this.#process?.kill("SIGKILL");
    await this.#gone;
  }

  /** The leaders of all apps that were started from here, those that have just ended left out. */
  programs(): readonly Program[] {
    return readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .flatMap((pid) => {
        try {
          const environ = readFileSync(`/proc/${pid}/environ`, "latin1").split("\0");
          if (!environ.includes(`FAULT_TEST_APP=${this.root}`)) return [];
          if (/^\d+ \(.*\) [ZX]/s.test(readFileSync(`/proc/${pid}/stat`, "latin1"))) return [];
          const value = (name: string): string =>
            environ.find((each) => each.startsWith(`${name}=`))?.slice(name.length + 1) ?? "";
          return [{ pid: Number(pid), app: value("HOLDFAST_APP"), cookie: value("HOLDFAST_COOKIE") }];
        } catch {
          return [];
        }
      });
  }

  /** Resolves when nothing is under way any more. */
  async settle(): Promise<readonly AppStatus[]> {
    let rows: readonly AppStatus[] = [];
    await this.until("nothing is under way", async () => {
      const operations = await this.api.call("operations.list", {});
      rows = await this.api.call("apps.list", {});
      const transitional = ["starting", "stopping", "restarting", "backoff"];
      return (
        operations.every(({ state }) => state !== "running") &&
        rows.every(({ state, operation }) => !transitional.includes(state) && operation === null)
      );
    });
    return rows;
  }

  async until(what: string, isSo: () => boolean | Promise<boolean>, limitMs = 15_000): Promise<void> {
    const end = systemClock.monotonic() + limitMs;
    while (!(await isSo())) {
      if (systemClock.monotonic() > end)
        throw new Error(`not so within ${limitMs} ms: ${what}\n${this.errors}`);
      await systemClock.sleep(5);
    }
  }

  /** The process that is the parent of all apps that this daemon starts. */
  keeperPid(): number {
    const children = readFileSync(`/proc/${this.pid}/task/${this.pid}/children`, "latin1").trim().split(" ");
    const keeper = children.find(
      (pid) => readFileSync(`/proc/${pid}/comm`, "latin1").trim() === "holdfast-keeper",
    );
    if (keeper === undefined) throw new Error("there is no keeper");
    return Number(keeper);
  }

  /** Ends the daemon and everything that was started from here; the files stay. */
  async end(): Promise<void> {
    await this.kill();
    for (let left = this.programs(); left.length > 0; left = this.programs()) {
      for (const { pid } of left) {
        try {
          process.kill(pid, "SIGKILL");
        } catch {
          // It has just ended.
        }
      }
      await systemClock.sleep(5);
    }
  }

  /** The same, and the files go too. */
  async remove(): Promise<void> {
    await this.end();
    removeHome(this.root);
    removeCgroups(this.home);
  }
}
