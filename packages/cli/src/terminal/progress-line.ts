import type { AppStatus } from "@holdfast/daemon/api";
import { ShutdownToken } from "@holdfast/runtime";
import type { CliEnvironment, Output } from "../cli-environment.ts";
import type { Daemon } from "../connection/local-daemon.ts";
import { appLabel } from "../targets/app-label.ts";
import { listApps } from "../targets/list-apps.ts";
import { safeText } from "./safe-text.ts";
import { stateText } from "./state-text.ts";
import { cutToWidth } from "./text-width.ts";

/** What takes less is over before anybody could read it. */
const countMs = 1_000;

/** The last line of a terminal, which says how far something is and goes away; nothing where there is no terminal. */
export class ProgressLine {
  readonly #output: Output;
  #shown = "";

  constructor(output: Output) {
    this.#output = output;
  }

  show(text: string): void {
    if (!this.#output.isTerminal || text === this.#shown) return;
    this.#erase();
    this.#shown = text;
    this.#draw();
  }

  /** For what else is written: above the line. */
  around(write: () => void): void {
    this.#erase();
    write();
    this.#draw();
  }

  #erase(): void {
    if (this.#shown !== "") this.#output.writeAsIs("\r\u001b[K");
  }

  #draw(): void {
    // One column less: a full line would already be the next one.
    if (this.#shown !== "") this.#output.write(cutToWidth(this.#shown, this.#output.columns - 1));
  }
}

/** Waits, and meanwhile counts on the line how long the apps on their way have been so, of how long that may last. */
export async function withProgress<Result>(
  { clock, stderr }: CliEnvironment,
  daemon: Daemon,
  line: ProgressLine,
  project: string | undefined,
  waiting: Promise<Result>,
): Promise<Result> {
  if (!stderr.isTerminal) return await waiting;
  const over = new ShutdownToken();
  const counting = async (): Promise<void> => {
    while ((await clock.sleep(countMs, over)) === "elapsed") {
      const apps = await listApps(daemon, project).catch(() => []);
      if (!over.isCancelled) line.show(progressText(apps, clock.now()));
    }
  };
  const counted = counting();
  try {
    return await waiting;
  } finally {
    over.cancel({ kind: "requested-by-run" });
    await counted;
    line.show("");
  }
}

/** `web stopping 4s of 10s, db waits for web`. */
export function progressText(apps: readonly AppStatus[], now: number): string {
  return apps
    .filter(
      ({ operation, state }) =>
        operation !== null && (state === "stopping" || state === "restarting" || state === "starting"),
    )
    .map((app) => {
      const waits = app.waitingFor.map((need) => need.app).join(", ");
      return `${appLabel(app, apps)} ${stateText(app, now)}${waits === "" ? "" : `, waits for ${waits}`}`;
    })
    .map((text) => safeText(text, { keepColours: false }))
    .join("; ");
}
