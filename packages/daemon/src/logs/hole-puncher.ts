import { type ChildProcess, execFile, spawn } from "node:child_process";
import type { Clock, Timer } from "@holdfast/runtime";

/** Gives the space of a file's head back to the disk; the file stays as long as it is, and the head reads as zeros. */
export interface HolePuncher {
  /** Resolves with undefined, or with why it could not be done. Never rejects. */
  punch(path: string, length: number): Promise<string | undefined>;
  /** Lets go of what it holds. A hole that was asked for is still made. */
  close(): void;
}

/**
 * Node has no `fallocate(2)`, so a small perl process calls it: it is started when first needed and ends when nothing
 * was asked of it for a while, or when the daemon dies.
 */
const program = String.raw`
use strict;
$| = 1; $/ = "\0";
my $number = shift;
while (my $request = <STDIN>) {
  chomp $request;
  my ($length, $path) = split / /, $request, 2;
  my $file;
  my $done = open($file, '+<', $path) && syscall($number, fileno($file), 3, 0, $length + 0) == 0;
  print $done ? "\n" : "$!\n";
}
`;

/** `fallocate` on machines where an `off_t` is one argument. */
const systemCalls: Readonly<Record<string, number>> = { x64: 285, arm64: 47, riscv64: 47, loong64: 47 };

const idleMs = 10_000;

export class PerlPuncher implements HolePuncher {
  readonly #clock: Clock;
  #perl: ChildProcess | undefined;
  #waiting: ((failure: string | undefined) => void)[] = [];
  #answers = "";
  #idle: Timer | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async punch(path: string, length: number): Promise<string | undefined> {
    const number = systemCalls[process.arch];
    if (number === undefined) return await punchByCommand(path, length);
    const failure = await this.#ask(number, `${length} ${path}\0`);
    return failure === noPerl ? await punchByCommand(path, length) : failure;
  }

  close(): void {
    this.#clock.clearTimeout(this.#idle);
    this.#perl?.stdin?.end();
    this.#perl = undefined;
  }

  #ask(number: number, request: string): Promise<string | undefined> {
    this.#clock.clearTimeout(this.#idle);
    return new Promise((resolve) => {
      this.#perl ??= this.#start(number);
      this.#waiting.push(resolve);
      this.#perl.stdin?.write(request);
    });
  }

  #start(number: number): ChildProcess {
    const perl = spawn("perl", ["-e", program, `${number}`], {
      stdio: ["pipe", "pipe", "ignore"],
      // A signal to the daemon's group is none to it: it ends with its standard input.
      detached: true,
      cwd: "/",
      env: { PATH: process.env["PATH"] },
    });
    perl.unref();
    for (const stream of [perl.stdin, perl.stdout]) (stream as { unref?: () => void } | null)?.unref?.();
    perl.stdin?.on("error", () => {});
    perl.stdout?.on("data", (chunk: Buffer) => this.#answered(chunk.toString()));
    perl.once("error", () => this.#gone(perl));
    perl.once("exit", () => this.#gone(perl));
    return perl;
  }

  #answered(text: string): void {
    const answers = (this.#answers + text).split("\n");
    this.#answers = answers.pop() ?? "";
    for (const answer of answers) this.#waiting.shift()?.(answer === "" ? undefined : answer);
    if (this.#waiting.length > 0) return;
    this.#clock.clearTimeout(this.#idle);
    this.#idle = this.#clock.setTimeout(() => this.close(), idleMs);
    this.#idle.unref();
  }

  #gone(perl: ChildProcess): void {
    if (this.#perl === perl) this.#perl = undefined;
    else if (this.#perl !== undefined) return;
    this.#answers = "";
    for (const resolve of this.#waiting.splice(0)) resolve(noPerl);
  }
}

const noPerl = "perl could not be run";

/** By the command of util-linux; a process for each hole. */
function punchByCommand(path: string, length: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    execFile("fallocate", ["-p", "-o", "0", "-l", `${length}`, path], (error, _, stderr) =>
      resolve(error === null ? undefined : stderr.trim() || error.message),
    );
  });
}
