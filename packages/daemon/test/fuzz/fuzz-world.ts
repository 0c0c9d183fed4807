import { type Connection, serve } from "@holdfast/rpc";
import { channelPair, type MemoryChannel } from "@holdfast/rpc/testing";
import { type Random, seededRandom } from "@holdfast/runtime";
import * as v from "valibot";
import { type AppStatus, apiErrorCodes } from "../../src/api/contract.ts";
import { methodTable } from "../../src/api/methods.ts";
import { type OwnMethod, schemas } from "../../src/api/params.ts";
import { results } from "../../src/api/results.ts";
import { Sessions } from "../../src/http/sessions.ts";
import { type FakeDaemon, fakeDaemon } from "../fakes/fake-daemon.ts";
import { SqliteDatabase } from "../fakes/sqlite-database.ts";
import { coherent } from "./coherent.ts";
import { generate } from "./generate.ts";
import { hostileValues, mutated, pick, wireText } from "./hostile-values.ts";

const methods = Object.keys(schemas) as OwnMethod[];
const rare: ReadonlySet<string> = new Set(["rpc.discover"]);
const strangers = ["__proto__", "constructor", "toString", "apps", "apps.list ", "rpc.x", "", "\0"];

/** One daemon on a virtual clock, at the mercy of whoever calls it. Everything follows from the seed. */
export class FuzzWorld {
  /** What must not have happened, in words. */
  readonly faults: string[] = [];
  /** How many calls of each method had a result, and how many runs there were: what was reached at all. */
  readonly reached = new Map<string, number>();
  readonly #random: Random;
  readonly #database = new SqliteDatabase();
  #fake: FakeDaemon;
  #channel: MemoryChannel;
  #connection: Connection;
  #operations: readonly string[] = [];
  readonly #owed = new Map<number, string>();
  #calls = 0;
  #isCut = false;

  constructor(seed: number) {
    this.#random = seededRandom(seed);
    this.#fake = fakeDaemon({ database: this.#database, seed });
    [this.#channel, this.#connection] = this.#connect();
  }

  async run(calls: number): Promise<void> {
    while (this.#calls < calls) {
      const text = this.#nextText();
      this.#channel.send(text);
      const chance = this.#random.next();
      if (chance < 0.3) await this.#fake.clock.advance(Math.floor(this.#random.next() * 100));
      else if (chance < 0.33) await this.#fake.clock.advance(Math.floor(this.#random.next() * 60_000));
      else await Promise.resolve();
      if (this.#random.next() < 0.1) this.#endARun();
      if (this.#random.next() < 0.01) this.#look();
      if (this.#isCut || this.#random.next() < 0.005) await this.#reconnect();
      if (this.#random.next() < 0.001) await this.#crash();
    }
    await this.#finish();
    this.#database.close();
  }

  #nextText(): string {
    const chance = this.#random.next();
    if (chance < 0.03) return this.#broken();
    if (chance < 0.06) {
      const items = Array.from({ length: 1 + Math.floor(this.#random.next() * 5) }, () => this.#call());
      // The batch is answered when the last of them is, and what is waited for may never end.
      if (items.some(({ method }) => method === "operations.wait")) {
        for (const { id } of items) if (typeof id === "number") this.#owed.set(id, "operations.wait");
      }
      return wireText(items);
    }
    return wireText(this.#call());
  }

  #call(): {
    readonly jsonrpc: "2.0";
    readonly method: string;
    readonly params: unknown;
    readonly id?: unknown;
  } {
    const id = ++this.#calls;
    const often = ["apps.apply", "apps.start", "apps.stop", "apps.restart", "apps.remove"] as const;
    let method: string = pick(this.#random.next() < 0.3 ? often : methods, this.#random);
    if (rare.has(method) && this.#random.next() < 0.98) method = "apps.apply";
    if (this.#random.next() < 0.02) method = pick(strangers, this.#random);
    const schema = Object.hasOwn(schemas, method)
      ? (schemas[method as OwnMethod] as unknown as Parameters<typeof generate>[0])
      : undefined;
    const known = { id: this.#operations, ids: this.#operations };
    const made = schema === undefined ? {} : generate(schema, this.#random, known);
    const isSpec = method === "apps.apply" || method === "apps.plan";
    const good = isSpec ? coherent(made as Parameters<typeof coherent>[0], this.#random) : made;
    const params = this.#random.next() < 0.4 ? mutated(good, this.#random) : good;
    if (this.#random.next() < 0.05) return { jsonrpc: "2.0", method, params };
    if (this.#random.next() < 0.01) {
      return { jsonrpc: "2.0", id: pick(hostileValues, this.#random), method, params };
    }
    this.#owed.set(id, method);
    return { jsonrpc: "2.0", id, method, params };
  }

  /** A text that was cut off, or of which one letter is another. */
  #broken(): string {
    const text = wireText({ jsonrpc: "2.0", id: -1, method: pick(methods, this.#random), params: {} });
    const at = Math.floor(this.#random.next() * text.length);
    return this.#random.next() < 0.5 ? text.slice(0, at) : `${text.slice(0, at)}\u0000${text.slice(at + 1)}`;
  }

  #connect(): [MemoryChannel, Connection] {
    const { daemon, clock } = this.#fake;
    const sessions = new Sessions(clock, [], () => {});
    const table = methodTable(daemon, () => ({
      invite: (role) => ({ url: `http://127.0.0.1:1/#code=${sessions.makeCode(role)}` }),
      list: () => [],
      revoke: () => Promise.resolve(),
    }));
    const [channel, served] = channelPair();
    channel.onText((text) => this.#heard(text));
    const connection = serve(
      served,
      table,
      { principal: "fuzz" },
      {
        clock,
        errorNumbers: apiErrorCodes,
        onError: (error, method) =>
          this.faults.push(`${method}: ${error instanceof Error ? error.stack : error}`),
      },
    );
    return [channel, connection];
  }

  #heard(text: string): void {
    const parsed = JSON.parse(text) as unknown;
    for (const reply of (Array.isArray(parsed) ? parsed : [parsed]) as readonly Reply[]) {
      const method = typeof reply.id === "number" ? this.#owed.get(reply.id) : undefined;
      if (method !== undefined && reply.error === undefined) this.#reach(method, 1);
      if (typeof reply.id === "number") this.#owed.delete(reply.id);
      if (reply.error?.code === -32603) this.faults.push(`an internal error: ${text.slice(0, 300)}`);
      // Who has hundreds of subscriptions and a minute passes at once is behind, and is told so.
      if (reply.method === "connection.closed") this.#isCut = true;
    }
  }

  #reach(what: string, count: number): void {
    this.reached.set(what, (this.reached.get(what) ?? 0) + count);
  }

  #endARun(): void {
    const living = this.#fake.runner.runs.filter((run) => !run.hasExited);
    if (living.length === 0) return;
    const run = pick(living, this.#random);
    if (this.#random.next() < 0.2) run.obeys = false;
    else run.end(this.#random.next() < 0.5 ? { code: 0 } : { signal: "SIGSEGV" });
  }

  /** What is told now is what the document says, each run is one instance's, and no prototype has changed. */
  #look(): void {
    const { daemon, runner } = this.#fake;
    const rows = daemon.list();
    this.#expectGood("apps.list", rows);
    this.#expectGood("events.read", daemon.events.read(0).slice(-20));
    this.#operations = daemon.operations.list().map(({ id }) => id);
    const pids = rows.flatMap(({ pid }) => (pid === null ? [] : [pid]));
    if (new Set(pids).size !== pids.length) this.faults.push("two instances have one process");
    const known = new Set(pids);
    const living = runner.runs.filter((run) => !run.hasExited && known.has(run.pid));
    if (living.length > rows.length) this.faults.push("more processes than instances");
    this.faults.push(...prototypeChanges());
  }

  #expectGood(method: OwnMethod, value: unknown): void {
    const { issues } = v.safeParse(results[method], value);
    const [issue] = issues ?? [];
    if (issue !== undefined) this.faults.push(`${method}: ${issue.message} at ${v.getDotPath(issue)}`);
  }

  async #reconnect(): Promise<void> {
    this.#isCut = false;
    this.#channel.close();
    await this.#fake.clock.advance(200);
    await this.#connection.closed;
    this.#owed.clear();
    [this.#channel, this.#connection] = this.#connect();
  }

  /** The daemon is killed where it is; the next one takes up what it left. */
  async #crash(): Promise<void> {
    this.#channel.close();
    await this.#fake.clock.advance(0);
    const left = this.#fake.crash();
    this.#owed.clear();
    // Another seed: no two daemons draw the same cookies.
    this.#fake = fakeDaemon({ ...left, seed: Math.floor(this.#random.next() * 2 ** 32) });
    const resumed = this.#fake.daemon.resume();
    await this.#fake.clock.advance(1);
    await resumed;
    [this.#channel, this.#connection] = this.#connect();
  }

  /** All calls have been answered; all that is stopped ends; the state that is left can be read again. */
  async #finish(): Promise<void> {
    const { clock, runner } = this.#fake;
    // A stop may have been asked for with a grace of weeks.
    for (const run of runner.runs.filter(({ obeys }) => !obeys)) run.end({ signal: "SIGKILL" });
    for (const run of runner.runs) run.obeys = true;
    await clock.advance(60_000);
    if (this.#isCut) this.#owed.clear();
    const owed = [...this.#owed.values()].filter((method) => method !== "operations.wait");
    if (owed.length > 0) this.faults.push(`never answered: ${owed.slice(0, 10).join(", ")}`);
    this.#look();
    const before: readonly AppStatus[] = this.#fake.daemon.list();
    await this.#crash();
    const after = this.#fake.daemon.list();
    if (after.length !== before.length) {
      this.faults.push(`${before.length} instances before a restart, ${after.length} after it`);
    }
    const stopped = this.#fake.daemon.stopApps();
    await this.#fake.clock.advance(7_200_000);
    await stopped;
    this.#reach("runs", runner.runs.length);
    if (runner.living.length > 0) this.faults.push(`not stopped: ${runner.living.slice(0, 5).join(", ")}`);
    await this.#fake.daemon.end(1_000);
  }
}

interface Reply {
  readonly id?: unknown;
  readonly method?: string;
  readonly error?: { readonly code: number };
}

const ownOfPrototypes = ownNames();

function ownNames(): string {
  const prototypes = [Object.prototype, Array.prototype, Function.prototype, String.prototype];
  return JSON.stringify(prototypes.map((each) => Reflect.ownKeys(each).map(String)));
}

function prototypeChanges(): readonly string[] {
  return ownNames() === ownOfPrototypes && !("polluted" in {}) ? [] : ["a prototype has changed"];
}
