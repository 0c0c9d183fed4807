import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { createInterface, type Interface } from "node:readline";

/** A FIFO whose lines say what an app does at the moment it does it. */
export class LinePipe implements Disposable {
  readonly path: string;
  readonly #reader: ChildProcess;
  readonly #lines: Interface;
  readonly #waiting: ((line: string) => void)[] = [];
  readonly #unread: string[] = [];

  constructor(path: string) {
    this.path = path;
    execFileSync("mkfifo", [path]);
    // Opened for both, so that it stays open while no app has it.
    this.#reader = spawn("sh", ["-c", 'exec cat <> "$0"', path], { stdio: ["ignore", "pipe", "inherit"] });
    if (this.#reader.stdout === null) throw new Error("cat has no output");
    this.#lines = createInterface(this.#reader.stdout);
    this.#lines.on("line", (line) => {
      const waiting = this.#waiting.shift();
      if (waiting === undefined) this.#unread.push(line);
      else waiting(line);
    });
  }

  /** The next line; rejects after a minute without one. */
  next(): Promise<string> {
    const line = this.#unread.shift();
    if (line !== undefined) return Promise.resolve(line);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`nothing came through ${this.path}`)), 60_000);
      this.#waiting.push((text) => {
        clearTimeout(timer);
        resolve(text);
      });
    });
  }

  [Symbol.dispose](): void {
    this.#reader.kill();
    this.#lines.close();
  }
}
