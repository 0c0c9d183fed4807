import { execFileSync, spawnSync } from "node:child_process";
import { join } from "node:path";
import { systemClock } from "@holdfast/runtime";
import { onTestFinished } from "vitest";
import { bin, type Holdfast } from "./holdfast.ts";

export const hasTmux: boolean = spawnSync("tmux", ["-V"]).status === 0;

export interface TerminalOptions {
  readonly columns?: number;
  readonly rows?: number;
  readonly variables?: Readonly<Record<string, string>>;
}

const patienceMs = 15_000;
const lookMs = 20;

/** A real terminal of a size of its own, with a shell in it in which `holdfast` is the command. */
export class Terminal implements Disposable {
  readonly #socket: string;
  readonly #environment: NodeJS.ProcessEnv;

  private constructor(holdfast: Holdfast, options: TerminalOptions) {
    const { columns = 80, rows = 24, variables = {} } = options;
    this.#socket = join(holdfast.root, "tmux");
    this.#environment = {
      PATH: process.env["PATH"],
      HOLDFAST_HOME: holdfast.home,
      HOLDFAST_E2E: holdfast.root,
      LANG: "C.UTF-8",
      ENV: "",
      ...variables,
    };
    const size = ["-x", String(columns), "-y", String(rows)];
    this.#tmux("new-session", "-d", ...size, "-c", holdfast.directory, "/bin/sh");
    onTestFinished(() => this[Symbol.dispose]());
  }

  /** Resolves when the shell waits for a command. */
  static async open(holdfast: Holdfast, options: TerminalOptions = {}): Promise<Terminal> {
    const terminal = new Terminal(holdfast, options);
    // dash, run by root, does not take its prompt from the environment.
    terminal.run(`PS1="> "; holdfast() { "${process.execPath}" "${bin}" "$@"; }; clear; echo ready`);
    await terminal.shows(/^ready\n>/);
    return terminal;
  }

  /** Types a line and the Enter key. */
  run(line: string): void {
    this.type(line);
    this.press("Enter");
  }

  type(text: string): void {
    this.#tmux("send-keys", "-l", text);
  }

  /** Presses keys by tmux's names for them: `q`, `C-c`, `Down`. */
  press(...keys: readonly string[]): void {
    this.#tmux("send-keys", ...keys);
  }

  resize(columns: number, rows: number): void {
    this.#tmux("resize-window", "-x", String(columns), "-y", String(rows));
  }

  /** What is on the screen now. */
  screen(): string {
    return this.#tmux("capture-pane", "-p");
  }

  /** With the colours. */
  colouredScreen(): string {
    return this.#tmux("capture-pane", "-p", "-e");
  }

  /** `alternate,cursor,wrap`, each 0 or 1: `0,1,1` is a terminal as a shell has it. */
  modes(): string {
    return this.#tmux("display-message", "-p", "#{alternate_on},#{cursor_flag},#{wrap_flag}").trim();
  }

  /** Resolves when the screen has it, with that screen; throws with what was there instead. */
  async shows(what: string | RegExp): Promise<string> {
    const deadline = systemClock.monotonic() + patienceMs;
    for (;;) {
      const screen = this.screen();
      if (typeof what === "string" ? screen.includes(what) : what.test(screen)) return screen;
      if (systemClock.monotonic() > deadline)
        throw new Error(`${what} did not appear on the screen:\n${screen}`);
      await systemClock.sleep(lookMs);
    }
  }

  [Symbol.dispose](): void {
    spawnSync("tmux", ["-S", this.#socket, "kill-server"], { env: this.#environment });
  }

  #tmux(...args: readonly string[]): string {
    return execFileSync("tmux", ["-S", this.#socket, "-f", "/dev/null", ...args], {
      env: this.#environment,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
    });
  }
}
