/** A real daemon with many apps, of which one is killed every so often, and what it needs for that, measured. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Random, systemClock } from "@holdfast/runtime";
import type { AppStatus } from "../../packages/daemon/src/api/contract.ts";
import { projectSpec } from "../../packages/daemon/test/fakes/app-spec.ts";
import { KillableDaemon } from "../../packages/daemon/test/faults/killable-daemon.ts";
import { chatter, checkLines } from "./chatter.ts";
import { clientsCome, type WebAccess } from "./clients.ts";
import type { Sample } from "./drift.ts";

export interface ChurnOptions {
  readonly apps: number;
  /** How long it goes on, and how much of that comes before the first sample. */
  readonly durationMs: number;
  readonly warmUpMs: number;
  readonly everyMs: number;
  readonly random: Random;
  readonly onSample: (told: string) => void;
}

export interface Churned {
  readonly kills: number;
  readonly restarts: number;
  readonly clients: number;
  readonly lines: number;
  readonly events: number;
  readonly rssMib: readonly Sample[];
  readonly files: readonly Sample[];
  /** What must not have been, in words. */
  readonly faults: readonly string[];
}

/** Clients come and samples are taken once in so many kills. */
const killsAChurn = 5;

export async function churn(options: ChurnOptions): Promise<Churned> {
  const daemon = new KillableDaemon();
  try {
    await daemon.start({ HOLDFAST_HTTP: "0" });
    return await new Churn(daemon, options).run();
  } finally {
    await daemon.remove();
  }
}

class Churn {
  readonly #daemon: KillableDaemon;
  readonly #options: ChurnOptions;
  readonly #names: readonly string[];
  readonly #kills = new Map<string, number>();
  readonly #faults: string[] = [];
  readonly #rssMib: Sample[] = [];
  readonly #files: Sample[] = [];
  #clients = 0;

  constructor(daemon: KillableDaemon, options: ChurnOptions) {
    this.#daemon = daemon;
    this.#options = options;
    this.#names = Array.from({ length: options.apps }, (_, index) => `app${index}`);
  }

  async run(): Promise<Churned> {
    const { api, root } = this.#daemon;
    await api.call("apps.apply", {
      spec: projectSpec(this.#names.map((name) => chatter(name, root))),
    });
    await this.#daemon.settle();
    const { http } = await api.call("system.info", { settled: true });
    const token = readFileSync(join(this.#daemon.home, "token"), "utf8").trim();
    const followed: number[] = [];
    await api.subscribe("events.follow", { after: 0 }, ({ seq }) => followed.push(seq));
    await this.#killOneAfterAnother({ url: http ?? "", token });

    const rows = await this.#restedAfter([...this.#kills.values()].reduce((sum, count) => sum + count, 0));
    const restarts = rows.reduce((sum, row) => sum + row.restarts, 0);
    for (const { name, state, restarts: own } of rows) {
      const kills = this.#kills.get(name) ?? 0;
      if (own !== kills || state !== "running")
        this.#faults.push(`${name} is ${state}: ${kills} kills, ${own} restarts`);
    }
    const programs = this.#daemon.programs().length;
    if (programs !== this.#names.length)
      this.#faults.push(`${programs} programs for ${this.#names.length} apps`);
    const stops = await api.call("apps.stop", { targets: [{ project: "shop" }] });
    await api.call("operations.wait", { ids: stops.map(({ id }) => id) });
    const left = this.#daemon.programs().length;
    if (left > 0) this.#faults.push(`${left} programs are left after the stop`);
    const lines = await this.#checkLogs();
    await this.#checkEvents(followed);
    return {
      kills: [...this.#kills.values()].reduce((sum, count) => sum + count, 0),
      restarts,
      clients: this.#clients,
      lines,
      events: followed.length,
      rssMib: this.#rssMib,
      files: this.#files,
      faults: this.#faults,
    };
  }

  /** What there is once so many restarts were done, or ought to have been long ago. */
  async #restedAfter(kills: number): Promise<readonly AppStatus[]> {
    const restarts = async (): Promise<number> =>
      (await this.#daemon.api.call("apps.list", {})).reduce((sum, row) => sum + row.restarts, 0);
    await this.#daemon
      .until("all that were killed were started again", async () => (await restarts()) >= kills)
      .catch((error: unknown) => this.#faults.push(String(error)));
    return await this.#daemon.settle();
  }

  async #killOneAfterAnother(web: WebAccess): Promise<void> {
    const { durationMs, everyMs, random } = this.#options;
    const began = systemClock.monotonic();
    const elapsed = (): number => systemClock.monotonic() - began;
    for (let round = 1; elapsed() < durationMs; round++) {
      await systemClock.sleep(Math.max(0, round * everyMs - elapsed()));
      // All is as quiet as it ever is: the last one that was killed runs again, and the clients have gone.
      if (round % killsAChurn === 0) this.#sample(round, elapsed());
      const name = await this.#kill(random);
      if (round % killsAChurn === 1) this.#clients += await clientsCome(this.#daemon, name, web);
    }
  }

  #sample(round: number, atMs: number): void {
    const { rssMib, files } = this.#measure();
    if (round % (6 * killsAChurn) === 0)
      this.#options.onSample(
        `${Math.round(atMs / 1_000)} s: ${round - 1} kills, ${rssMib.toFixed(1)} MiB, ${files} files`,
      );
    if (atMs < this.#options.warmUpMs) return;
    this.#rssMib.push({ atMs, value: rssMib });
    this.#files.push({ atMs, value: files });
  }

  /** One that runs long enough to have written something. */
  async #kill(random: Random): Promise<string> {
    const rows = await this.#daemon.api.call("apps.list", {});
    const old = rows.filter(
      ({ state, since }) => state === "running" && Date.now() - Date.parse(since) > 1_500,
    );
    const hit = old[Math.floor(random.next() * old.length)];
    if (hit?.pid === undefined || hit.pid === null) throw new Error("there is no app to be killed");
    process.kill(hit.pid, "SIGKILL");
    this.#kills.set(hit.name, (this.#kills.get(hit.name) ?? 0) + 1);
    return hit.name;
  }

  #measure(): { readonly rssMib: number; readonly files: number } {
    const process = `/proc/${this.#daemon.pid}`;
    const kib = Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`${process}/status`, "utf8"))?.[1]);
    return { rssMib: kib / 1_024, files: readdirSync(`${process}/fd`).length };
  }

  /** As somebody is told them who reads all of each log. */
  async #checkLogs(): Promise<number> {
    let all = 0;
    for (const name of this.#names) {
      const texts: string[] = [];
      const caughtUp = Promise.withResolvers<void>();
      const followed = await this.#daemon.api.subscribe(
        "logs.follow",
        { targets: [{ project: "shop", name }] },
        (event) => {
          texts.push(...event.lines.map(({ text }) => text));
          if (event.caughtUp === true) caughtUp.resolve();
        },
      );
      await caughtUp.promise;
      await followed.cancel();
      const { lines, runs, faults } = checkLines(name, texts);
      all += lines;
      this.#faults.push(...faults);
      const kills = this.#kills.get(name) ?? 0;
      if (runs !== kills + 1) this.#faults.push(`${name}: ${runs} runs in its log, ${kills} kills`);
    }
    return all;
  }

  /** Who followed all the time heard what somebody hears who asks now. */
  async #checkEvents(followed: readonly number[]): Promise<void> {
    const kept: number[] = [];
    for (let after = 0; ; ) {
      const page = await this.#daemon.api.call("events.read", { after, limit: 1_000 });
      kept.push(...page.map(({ seq }) => seq));
      const last = page.at(-1);
      if (last === undefined) break;
      after = last.seq;
    }
    await this.#daemon.until("the follower heard the last event", () => followed.at(-1) === kept.at(-1));
    if (JSON.stringify(followed) !== JSON.stringify(kept))
      this.#faults.push(`${followed.length} events were followed, ${kept.length} are kept`);
  }
}
