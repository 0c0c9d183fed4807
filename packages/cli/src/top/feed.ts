import type { AppStatus, LogLine } from "@holdfast/daemon/api";
import { RpcError } from "@holdfast/rpc";
import { type ShutdownToken, Wake } from "@holdfast/runtime";
import type { CliEnvironment } from "../cli-environment.ts";
import { tryConnect } from "../connection/connect.ts";
import type { Daemon } from "../connection/local-daemon.ts";
import { listApps } from "../targets/list-apps.ts";
import { TextFeed, type TextOf } from "./text-feed.ts";
import { dependenciesOf, type Told } from "./told.ts";

/** From one look at the apps to the next, however much happens. */
const leastMs = 50;
/** Without an event something is still looked at so often. */
const mostMs = 10_000;
const retryMs = 500;

/**
 * What `top` is told, by a daemon that may go away and come back: it is connected to again and again until the token is
 * cancelled. Events only say that it is time to look; what is shown is asked for.
 */
export class TopFeed {
  readonly #cli: CliEnvironment;
  readonly #project: string | undefined;
  readonly #tell: (told: Told) => void;
  #daemon: Daemon | undefined;
  #text: TextFeed | undefined;
  #wanted: TextOf | undefined;

  constructor(cli: CliEnvironment, project: string | undefined, tell: (told: Told) => void) {
    this.#cli = cli;
    this.#project = project;
    this.#tell = tell;
  }

  /** The connection, while there is one. */
  get daemon(): Daemon | undefined {
    return this.#daemon;
  }

  /** Follows a log, or the answer to why, instead of what was followed before. */
  follow(wanted: TextOf | undefined): void {
    this.#wanted = wanted;
    this.#text?.follow(wanted);
  }

  /** Tells lines that are older than those that are known. */
  async readOlder(wanted: TextOf, known: readonly LogLine[]): Promise<void> {
    await this.#text?.readOlder(wanted, known);
  }

  /** Begins with a connection that is there already. */
  async run(first: Daemon, token: ShutdownToken): Promise<void> {
    let daemon: Daemon | undefined = first;
    while (!token.isCancelled) {
      if (daemon !== undefined) {
        await this.#live(daemon, token);
        if (token.isCancelled) return;
        this.#tell({
          type: "connection",
          connection: { kind: "reconnecting", since: this.#cli.clock.now() },
        });
      }
      await this.#cli.clock.sleep(retryMs, token);
      // One that cannot be spoken to now may be another one soon.
      daemon = token.isCancelled ? undefined : await tryConnect(this.#cli).catch(() => undefined);
    }
    daemon?.close();
  }

  /** Until the connection ends, or the token is cancelled. */
  async #live(daemon: Daemon, token: ShutdownToken): Promise<void> {
    const ended = token.childToken();
    void daemon.closed.then((error) => ended.cancel({ kind: "fatal", error }));
    const wake = new Wake(this.#cli.clock);
    const text = new TextFeed(daemon, this.#cli.clock, this.#tell);
    try {
      const { pid, version } = await daemon.call("system.info", {});
      await daemon.subscribe("events.follow", this.#ofProject(), (event) => {
        wake.notify();
        text.happened(event);
      });
      this.#tell({ type: "connection", connection: { kind: "connected", pid, version } });
      this.#daemon = daemon;
      this.#text = text;
      text.follow(this.#wanted);
      await this.#followUsage(daemon);
      await this.#look(daemon, wake, ended);
    } catch (error) {
      // What it does not answer as we understand it is no better than no answer.
      if (!(error instanceof RpcError)) throw error;
    } finally {
      this.#daemon = undefined;
      this.#text = undefined;
      text.close();
      daemon.close();
    }
  }

  async #look(daemon: Daemon, wake: Wake, ended: ShutdownToken): Promise<void> {
    let described = "";
    while (!ended.isCancelled) {
      const apps = await listApps(daemon, this.#project);
      this.#tell({ type: "apps", apps });
      const names = namesOf(apps);
      if (names !== described) {
        described = names;
        await this.#describe(daemon, apps);
      }
      await this.#cli.clock.sleep(leastMs, ended);
      await wake.wait(mostMs, ended);
    }
  }

  async #followUsage(daemon: Daemon): Promise<void> {
    const targets = this.#project === undefined ? {} : { targets: [{ project: this.#project }] };
    await unlessUnknown(async () => {
      const { result } = await daemon.subscribe("stats.follow", targets, (usage) =>
        this.#tell({ type: "usage", usage }),
      );
      this.#tell({ type: "usage", usage: result.history });
    });
  }

  async #describe(daemon: Daemon, apps: readonly AppStatus[]): Promise<void> {
    const projects = [...new Set(apps.map(({ project }) => project))];
    await unlessUnknown(async () => {
      const found = await Promise.all(projects.map((project) => daemon.call("apps.describe", { project })));
      this.#tell({ type: "dependencies", dependencies: dependenciesOf(found.flat()) });
    });
  }

  #ofProject(): { readonly project?: string } {
    return this.#project === undefined ? {} : { project: this.#project };
  }
}

/** An older daemon does not know all methods, and the rest of it is worth seeing. */
async function unlessUnknown(ask: () => Promise<void>): Promise<void> {
  try {
    await ask();
  } catch (error) {
    const isUnknown =
      error instanceof RpcError && (error.code === "METHOD_NOT_FOUND" || error.code === "NOT_FOUND");
    if (!isUnknown) throw error;
  }
}

/** Changes when apps come or go, or are applied anew. */
function namesOf(apps: readonly AppStatus[]): string {
  return JSON.stringify(apps.map(({ project, name, instance }) => [project, name, instance]));
}
