import type { DaemonEvent, LogLine, Target } from "@holdfast/daemon/api";
import { RpcError } from "@holdfast/rpc";
import { type Clock, ShutdownToken, TaskRegistry, Wake } from "@holdfast/runtime";
import type { Daemon } from "../connection/local-daemon.ts";
import { type AppId, keyOf } from "./model.ts";
import { readOlder } from "./read-older.ts";
import type { Told } from "./told.ts";

/** The log of an instance, or why it is as it is. */
export interface TextOf {
  readonly kind: "logs" | "why";
  readonly of: AppId;
}

const firstLines = 1_000;
/** Why an app is as it is is asked at most so often. */
const leastMs = 250;
/** Its sentence has a time in it. */
const mostMs = 1_000;

/** What is told of one app at a time, over one connection. */
export class TextFeed {
  readonly #daemon: Daemon;
  readonly #clock: Clock;
  readonly #tell: (told: Told) => void;
  readonly #tasks = new TaskRegistry();
  #token = new ShutdownToken();
  #wake: Wake;
  #wanted: TextOf | undefined;

  constructor(daemon: Daemon, clock: Clock, tell: (told: Told) => void) {
    this.#daemon = daemon;
    this.#clock = clock;
    this.#tell = tell;
    this.#wake = new Wake(clock);
  }

  /** Begins with what is wanted now, unless it is what is followed. */
  follow(wanted: TextOf | undefined): void {
    if (textKey(wanted) === textKey(this.#wanted)) return;
    this.#token.cancel({ kind: "requested-by-run" });
    this.#wanted = wanted;
    if (wanted === undefined) return;
    const token = new ShutdownToken();
    this.#token = token;
    const run = wanted.kind === "logs" ? this.#followLog : this.#askWhy;
    this.#tasks.spawn(`${wanted.kind} ${keyOf(wanted.of)}`, { kind: "background-loop" }, async () => {
      try {
        await run.call(this, wanted.of, token);
      } catch (error) {
        // A connection that ended is told by its owner.
        if (!(error instanceof RpcError) || error.code === "CONNECTION_CLOSED" || token.isCancelled) return;
        this.#tell({ type: "notice", text: error.message, tone: "error" });
      }
    });
  }

  happened(event: DaemonEvent): void {
    if (this.#wanted?.of.name === event.name) this.#wake.notify();
  }

  async readOlder({ of }: TextOf, known: readonly LogLine[]): Promise<void> {
    this.#tell({ type: "older-lines", of, lines: await readOlder(this.#daemon, targetOf(of), known) });
  }

  close(): void {
    this.#token.cancel({ kind: "requested-by-run" });
  }

  async #followLog(of: AppId, token: ShutdownToken): Promise<void> {
    this.#tell({ type: "log-begins", of });
    const params = { targets: [targetOf(of)], lines: firstLines };
    const subscription = await this.#daemon.subscribe("logs.follow", params, ({ lines }) => {
      if (!token.isCancelled && lines.length > 0) this.#tell({ type: "lines", of, lines });
    });
    await token.cancelled;
    await subscription.cancel();
  }

  async #askWhy(of: AppId, token: ShutdownToken): Promise<void> {
    const wake = new Wake(this.#clock);
    this.#wake = wake;
    while (!token.isCancelled) {
      const answers = await this.#daemon.call("apps.why", { ...targetOf(of), lines: 8 });
      if (token.isCancelled) return;
      this.#tell({ type: "why", of, answer: answers.find(({ app }) => app.instance === of.instance) });
      await this.#clock.sleep(leastMs, token);
      await wake.wait(mostMs, token);
    }
  }
}

function targetOf({ project, name, instance }: AppId): Target {
  return { project, name, instance };
}

function textKey(wanted: TextOf | undefined): string {
  return wanted === undefined ? "" : `${wanted.kind} ${keyOf(wanted.of)}`;
}
