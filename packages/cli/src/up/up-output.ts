import type { AppSpec, ProjectSpec } from "@holdfast/daemon";
import type { AppStatus, DaemonEvent, LogLine } from "@holdfast/daemon/api";
import type { CliEnvironment } from "../cli-environment.ts";
import { whereToLook } from "../manifest/describe-app.ts";
import { LogPrinter } from "../terminal/log-printer.ts";
import { ProgressLine } from "../terminal/progress-line.ts";
import { safeText } from "../terminal/safe-text.ts";
import { makeStyle, type Style, wantsColour } from "../terminal/style.ts";
import { wrapToWidth } from "../terminal/text-width.ts";

export interface UpOutputOptions {
  readonly prefix: boolean;
  readonly timestamps: boolean;
  readonly raw: boolean;
}

/** What `up` says: the apps' lines on stdout, everything else on stderr. */
export class UpOutput {
  readonly #cli: CliEnvironment;
  readonly #style: Style;
  readonly #logs: LogPrinter;
  readonly #raw: boolean;
  readonly #told = new Map<string, string>();
  #isStopping = false;
  /** How far a stop is, below all else. */
  readonly progress: ProgressLine;

  constructor(cli: CliEnvironment, { name: project, apps }: ProjectSpec, options: UpOutputOptions) {
    this.#cli = cli;
    this.#raw = options.raw;
    this.progress = new ProgressLine(cli.stderr);
    this.#style = makeStyle(wantsColour(cli.stderr.isTerminal, cli.variables));
    this.#logs = new LogPrinter(
      apps.map(({ name, replicas }) => ({ project, name, instances: replicas })),
      {
        ...options,
        style: makeStyle(wantsColour(cli.stdout.isTerminal, cli.variables)),
        isTerminal: cli.stdout.isTerminal,
        columns: () => cli.stdout.columns,
      },
    );
  }

  /** Where to look, once the apps are on their way. */
  header(spec: ProjectSpec, apps: readonly AppSpec[], http: string | null, detached: boolean): void {
    const { bold, dim } = this.#style;
    const width = Math.max(0, ...apps.map(({ name }) => name.length));
    // As npm runs it from a checkout, a shell does not know the command.
    const own = this.#cli.variables["npm_command"] === undefined ? "holdfast" : "npx holdfast";
    const count = apps.length === 1 ? "1 app" : `${apps.length} apps`;
    this.say(`${bold(spec.name)}: ${count} from ${spec.files.join(", ")}`);
    for (const app of apps) {
      const places = whereToLook(app);
      if (places.length > 0) this.say(`  ${app.name.padEnd(width)}  ${places.join("  ")}`);
    }
    if (http !== null) this.say(`  ${"".padEnd(width)}  ${http}  the daemon`);
    this.say(
      dim(
        detached
          ? `${own} ps, top, logs -f and why APP tell of them, ${own} down stops them`
          : `Ctrl-C stops them; ${own} ps, top and why APP tell of them`,
      ),
    );
  }

  logs(lines: readonly LogLine[]): void {
    let text = "";
    for (const line of lines) text += this.#logs.line(line);
    this.progress.around(() => {
      if (this.#raw) this.#cli.stdout.writeAsIs(text);
      else this.#cli.stdout.write(text);
    });
  }

  /** One change of an app's state; that it is being launched is not worth a line, since the next one says that it runs. */
  state({ message, app }: DaemonEvent): void {
    if (app?.state === "starting" && app.waitingFor.length === 0) return;
    // All of them are, as was said.
    if (app?.state === "stopping" && this.#isStopping) return;
    if (app !== null && !this.#isNews(app)) return;
    const { dim, red, yellow } = this.#style;
    const paint = app?.state === "failed" ? red : app?.state === "backoff" ? yellow : dim;
    this.say(paint(`· ${safeText(message, { keepColours: false })}`));
  }

  /** An app runs otherwise than its manifest says. */
  warning({ message }: DaemonEvent): void {
    this.say(this.#style.yellow(`warning: ${safeText(message, { keepColours: false })}`));
  }

  /** Why the daemon did something by itself. */
  cause({ message }: DaemonEvent): void {
    this.say(this.#style.dim(`· ${safeText(message, { keepColours: false })}`));
  }

  /** A row can change in what no line tells, such as when its schedule is due next. */
  #isNews({ name, instance, state, health, ready, waitingFor, restarts, pid, since }: AppStatus): boolean {
    const key = `${name}.${instance}`;
    const told = JSON.stringify([state, health, ready, waitingFor, restarts, pid, since]);
    if (this.#told.get(key) === told) return false;
    this.#told.set(key, told);
    return true;
  }

  /** From now on it is no news that an app is being stopped. */
  stops(names: readonly string[]): void {
    this.#isStopping = true;
    // Over the `^C` that the terminal shows for the key.
    if (this.#cli.stderr.isTerminal) this.#cli.stderr.writeAsIs("\r\u001b[K");
    this.say(`stopping ${names.join(", ")} (Ctrl-C again kills at once)`);
  }

  say(text: string): void {
    const { isTerminal, columns } = this.#cli.stderr;
    const lines = isTerminal ? wrapToWidth(text, columns, 2) : [text];
    this.progress.around(() => this.#cli.stderr.write(`${lines.join("\n")}\n`));
  }

  failure(message: string): void {
    this.say(`${this.#style.red("holdfast:")} ${message}`);
  }
}
