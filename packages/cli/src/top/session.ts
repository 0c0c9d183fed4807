import type { Operation } from "@holdfast/daemon/api";
import { describeError, ShutdownToken, TaskRegistry } from "@holdfast/runtime";
import type { CliEnvironment } from "../cli-environment.ts";
import type { Daemon } from "../connection/local-daemon.ts";
import { type ExitCode, exitCodes } from "../exit-codes.ts";
import type { Screen } from "../terminal/screen.ts";
import { makeStyle, type Style, wantsColour } from "../terminal/style.ts";
import { TopFeed } from "./feed.ts";
import { decodeKeys, flushKeys, type Key } from "./keys.ts";
import { type Ask, initialModel, type TopModel } from "./model.ts";
import { press } from "./press.ts";
import { screenDiff } from "./screen-diff.ts";
import type { TextOf } from "./text-feed.ts";
import { type Told, tell } from "./told.ts";
import { screenView } from "./view/screen-view.ts";

/** The screen is drawn at most so often, however much happens. */
const drawMs = 30;
/** Ages grow although nothing happens; a countdown has tenths. */
const ageMs = 1_000;
const countdownMs = 200;
/** After this an ESC was the key, and not the beginning of a sequence. */
const escapeMs = 60;

/** One `top`, from the first picture to the last key. The model is all it knows; what it shows is made of that alone. */
export class TopSession {
  readonly #cli: CliEnvironment;
  readonly #screen: Screen;
  readonly #style: Style;
  readonly #feed: TopFeed;
  readonly #tasks = new TaskRegistry();
  readonly #ended = new ShutdownToken();
  #model: TopModel;
  #shown: readonly string[] | undefined;
  #isDue = false;
  #input = "";
  #inputs = 0;

  constructor(cli: CliEnvironment, screen: Screen, project: string | undefined) {
    this.#cli = cli;
    this.#screen = screen;
    this.#style = makeStyle(wantsColour(true, cli.variables));
    this.#model = initialModel({ columns: screen.columns, rows: screen.rows }, cli.clock.now(), project);
    this.#feed = new TopFeed(cli, project, (told) => this.#told(told));
  }

  /** Until a key or a signal ends it. */
  async run(daemon: Daemon): Promise<ExitCode> {
    const release = this.#cli.onInterrupt(
      (signal) => void this.#ended.cancel({ kind: "user-requested", signal }),
    );
    this.#screen.listen({
      input: (text) => this.#typed(text),
      redraw: () => this.#redraw(),
      gone: () => this.#quit(),
    });
    try {
      this.#tasks.spawn("clock", { kind: "background-loop" }, async () => await this.#tick());
      await this.#feed.run(daemon, this.#ended);
      return exitCodes.done;
    } finally {
      this.#quit();
      release();
    }
  }

  #quit(): void {
    this.#ended.cancel({ kind: "requested-by-run" });
  }

  #told(told: Told): void {
    this.#become(tell(this.#model, told));
  }

  #become(model: TopModel): void {
    if (model === this.#model || this.#ended.isCancelled) return;
    this.#model = model;
    const { view } = model;
    const shown = view.kind === "help" ? view.back : view;
    this.#feed.follow(
      shown.kind === "logs" || shown.kind === "why" ? { kind: shown.kind, of: shown.of } : undefined,
    );
    this.#drawSoon();
  }

  async #tick(): Promise<void> {
    while (!this.#ended.isCancelled) {
      const isCounting = this.#model.apps.some(({ state }) => state === "backoff");
      await this.#cli.clock.sleep(isCounting ? countdownMs : ageMs, this.#ended);
      this.#told({ type: "time", now: this.#cli.clock.now() });
    }
  }

  #typed(text: string): void {
    const { keys, rest } = decodeKeys(this.#input + text);
    this.#input = rest;
    const input = ++this.#inputs;
    for (const key of keys) this.#press(key);
    if (rest === "") return;
    this.#cli.clock.setTimeout(() => {
      if (input !== this.#inputs || this.#ended.isCancelled) return;
      const flushed = flushKeys(this.#input);
      this.#input = "";
      for (const key of flushed) this.#press(key);
    }, escapeMs);
  }

  #press(key: Key): void {
    const { model, asks } = press(this.#model, key);
    this.#become(model);
    for (const ask of asks) this.#do(ask);
  }

  #do(ask: Ask): void {
    switch (ask.kind) {
      case "quit":
        this.#quit();
        return;
      case "suspend":
        this.#screen.suspend();
        return;
      case "redraw":
        this.#redraw();
        return;
      case "older-lines":
        this.#inBackground("older lines", async () => await this.#readOlder());
        return;
      case "operate":
        this.#inBackground(ask.operation, async () => await this.#operate(ask));
    }
  }

  /** What fails is said on the screen. */
  #inBackground(name: string, run: () => Promise<void>): void {
    this.#tasks.spawn(name, { kind: "rpc-handler" }, async () => {
      try {
        await run();
      } catch (error) {
        this.#told({ type: "notice", text: describeError(error), tone: "error" });
      }
    });
  }

  async #readOlder(): Promise<void> {
    const { view } = this.#model;
    if (view.kind !== "logs" || view.lines.length === 0) return;
    const wanted: TextOf = { kind: "logs", of: view.of };
    await this.#feed.readOlder(wanted, view.lines);
  }

  async #operate({ operation, targets }: Extract<Ask, { readonly kind: "operate" }>): Promise<void> {
    const { daemon } = this.#feed;
    if (daemon === undefined) {
      this.#told({ type: "notice", text: "no daemon answers; nothing was asked of it", tone: "error" });
      return;
    }
    const names = targets.map(({ name, project }) => name ?? project);
    const what = names.length > 3 ? `${names.length} apps` : names.join(", ");
    this.#told({ type: "notice", text: `${operation} ${what}: asked`, tone: "plain" });
    const begun = await begin(daemon, operation, targets);
    const ended =
      begun.length === 0 ? [] : await daemon.call("operations.wait", { ids: begun.map(({ id }) => id) });
    const failed = ended.find(({ state }) => state === "failed");
    if (failed !== undefined) {
      const text = failed.error ?? `${operation} of ${failed.name} failed`;
      this.#told({ type: "notice", text, tone: "error" });
    } else {
      this.#told({ type: "notice", text: `${operation} ${what}: done`, tone: "plain" });
    }
  }

  #redraw(): void {
    this.#shown = undefined;
    this.#told({ type: "resized", size: { columns: this.#screen.columns, rows: this.#screen.rows } });
    this.#drawSoon();
  }

  #drawSoon(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    this.#cli.clock.setTimeout(() => {
      this.#isDue = false;
      this.#draw();
    }, drawMs);
  }

  #draw(): void {
    if (this.#ended.isCancelled) return;
    const lines = screenView(this.#model, this.#style);
    const change = screenDiff(this.#shown, lines, this.#model.size.columns);
    this.#shown = lines;
    if (change !== "") this.#screen.write(change);
  }
}

async function begin(
  daemon: Daemon,
  operation: "start" | "stop" | "restart",
  targets: Extract<Ask, { readonly kind: "operate" }>["targets"],
): Promise<readonly Operation[]> {
  switch (operation) {
    case "start":
      return await daemon.call("apps.start", { targets });
    case "stop":
      return await daemon.call("apps.stop", { targets });
    case "restart":
      return await daemon.call("apps.restart", { targets });
  }
}
