import { systemClock } from "@holdfast/runtime";
import type { CliEnvironment, Interrupt, Output } from "../src/cli-environment.ts";
import { main } from "../src/main.ts";

export interface FakeCliOptions {
  readonly home?: string;
  readonly directory?: string;
  readonly terminal?: boolean;
  readonly columns?: number;
  readonly rows?: number;
  readonly variables?: Readonly<Record<string, string>>;
}

/** The surroundings of a command in a test: what it printed, and a keyboard. */
export class FakeCli implements CliEnvironment {
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly directory: string;
  readonly stdout: FakeOutput;
  readonly stderr: FakeOutput;
  readonly clock: CliEnvironment["clock"] = systemClock;
  readonly program: readonly [string, ...string[]] = ["/bin/false"];
  readonly exits: number[] = [];
  /** What is piped in. */
  piped = "";
  readonly input = (): Promise<string> => Promise.resolve(this.piped);
  readonly #listeners = new Set<(why: Interrupt) => void>();

  constructor(options: FakeCliOptions = {}) {
    this.variables = { HOLDFAST_HOME: options.home ?? "/nonexistent/holdfast", ...options.variables };
    this.directory = options.directory ?? "/nonexistent";
    this.stdout = new FakeOutput(options);
    this.stderr = new FakeOutput(options);
  }

  get listeners(): number {
    return this.#listeners.size;
  }

  onInterrupt(listener: (why: Interrupt) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  interrupt(why: Interrupt = "SIGINT"): void {
    for (const listener of [...this.#listeners]) listener(why);
  }

  exit(code: number): void {
    this.exits.push(code);
  }

  async run(...argv: readonly string[]): Promise<number> {
    return await main(argv, this);
  }
}

export class FakeOutput implements Output {
  readonly isTerminal: boolean;
  readonly columns: number;
  readonly rows: number;
  text = "";
  #waiting: { readonly part: string; readonly resolve: () => void }[] = [];

  constructor({ terminal = false, columns = 80, rows = 24 }: FakeCliOptions) {
    this.isTerminal = terminal;
    this.columns = columns;
    this.rows = rows;
  }

  write(text: string): void {
    this.text += text;
    const [found, rest] = [
      this.#waiting.filter(({ part }) => this.text.includes(part)),
      this.#waiting.filter(({ part }) => !this.text.includes(part)),
    ];
    this.#waiting = rest;
    for (const { resolve } of found) resolve();
  }

  writeAsIs(text: string): void {
    this.write(text);
  }

  /** Resolves when the text has appeared. */
  shows(part: string): Promise<void> {
    if (this.text.includes(part)) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiting.push({ part, resolve });
    });
  }
}
