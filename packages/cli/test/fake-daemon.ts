import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { listenUnixSocket, type UnixSocketServer } from "@holdfast/platform";
import { type Connection, type MethodTable, type Subscription, serve } from "@holdfast/rpc";
import { HoldfastError } from "@holdfast/runtime";
import type {
  AppStatus,
  BrowserSession,
  DaemonEvent,
  LogLine,
  Methods,
  Operation,
  OperationKind,
  RemoteStatus,
  StateName,
  Target,
  WebhookStatus,
  WhyLink,
} from "../../daemon/src/api/contract.ts";
import { planApply } from "../../daemon/src/apps/plan.ts";
import { appRow, start } from "./app-row.ts";

export interface FakeDaemonOptions {
  readonly apps?: readonly AppStatus[];
  readonly logs?: readonly LogLine[];
  /** What a follower is given at first; all that is in `logs` unless given. */
  readonly followed?: readonly LogLine[];
  readonly onDemand?: boolean;
  readonly sessions?: readonly BrowserSession[];
  /** What led to what an app is. */
  readonly chain?: readonly WhyLink[];
  /** Called when rows have been read and not yet sent: what happens now overtakes them. */
  readonly afterList?: (daemon: FakeDaemon) => void;
  /** What becomes of an operation; `done` unless given. `hang` never ends. */
  readonly outcome?: (kind: OperationKind, name: string) => "done" | "hang" | Error;
}

/** A daemon that speaks the API over a real socket in a home of its own, and does what a test says. */
export class FakeDaemon implements AsyncDisposable {
  readonly home: string = mkdtempSync(join(tmpdir(), "holdfast-cli-"));
  /** The methods that were called, with their params. */
  readonly calls: { readonly method: string; readonly params: unknown }[] = [];
  webhooks: readonly WebhookStatus[] = [];
  remote: RemoteStatus = { relay: null, name: null, key: null, state: "stopped", error: null, nodes: [] };
  readonly #options: FakeDaemonOptions;
  #server: UnixSocketServer | undefined;
  readonly #connections = new Set<Connection>();
  readonly #followers = new Set<Subscription<DaemonEvent>>();
  readonly #logFollowers = new Set<Subscription<{ readonly lines: readonly LogLine[] }>>();
  readonly #operations = new Map<string, Operation>();
  readonly #ended = new Map<string, PromiseWithResolvers<Operation>>();
  readonly #events: DaemonEvent[] = [];
  #apps: AppStatus[];

  private constructor(options: FakeDaemonOptions) {
    this.#options = options;
    this.#apps = [...(options.apps ?? [])];
  }

  static async listen(options: FakeDaemonOptions = {}): Promise<FakeDaemon> {
    const daemon = new FakeDaemon(options);
    daemon.#server = await listenUnixSocket(join(daemon.home, "holdfast.sock"), (channel) => {
      const connection = serve<Methods, object>(
        channel,
        daemon.#table(),
        {},
        {
          errorNumbers: { NOT_FOUND: -32001 },
        },
      );
      daemon.#connections.add(connection);
      void connection.closed.then(() => daemon.#connections.delete(connection));
    });
    return daemon;
  }

  called(method: keyof Methods): readonly unknown[] {
    return this.calls.filter((call) => call.method === method).map((call) => call.params);
  }

  /** Changes an app's row and tells the followers. */
  change(name: string, state: StateName, rest: Partial<AppStatus> = {}): void {
    const before = this.#apps.find((app) => app.name === name) ?? appRow({ name });
    const app = { ...before, ...rest, state };
    this.#apps = [...this.#apps.filter((other) => other !== before), app];
    this.#emit({
      type: "state",
      project: app.project,
      name,
      message: `${name} is ${state}`,
      app,
      operation: null,
      by: null,
      cause: { origin: null, after: null },
    });
  }

  /** Ends the operations that hang. */
  endOperations(): void {
    for (const [id, operation] of this.#operations) {
      if (operation.state === "running") this.#end({ ...operation, state: "done", ended: start });
      this.#ended.get(id)?.resolve(this.#operation(id));
    }
  }

  write(lines: readonly LogLine[]): void {
    for (const follower of this.#logFollowers) follower.notify({ lines });
  }

  /** As after a crash: connections end without a word, and nobody listens any more. */
  async crash(): Promise<void> {
    for (const connection of this.#connections) connection.close();
    await this.#server?.[Symbol.asyncDispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.crash();
    rmSync(this.home, { recursive: true, force: true });
  }

  #table(): MethodTable<Methods, object> {
    const record = <K extends keyof Methods>(method: K, params: unknown): Methods[K]["params"] => {
      this.calls.push({ method, params });
      return params as Methods[K]["params"];
    };
    const operate =
      (kind: OperationKind) =>
      ({ targets }: { readonly targets: readonly Target[] }) =>
        targets.flatMap((target) => this.#matching(target)).map((app) => this.#begin(kind, app.name));
    return {
      "system.info": {
        parse: (params) => record("system.info", params),
        call: () => ({
          pid: process.pid,
          version: "0.1.0",
          home: this.home,
          socket: join(this.home, "holdfast.sock"),
          http: null,
          since: start,
          onDemand: this.#options.onDemand ?? false,
        }),
      },
      "system.describe": {
        parse: (params) => record("system.describe", params),
        call: () => ({
          pid: process.pid,
          version: "0.1.0",
          home: this.home,
          socket: join(this.home, "holdfast.sock"),
          http: null,
          since: start,
          onDemand: this.#options.onDemand ?? false,
          disk: null,
          memoryBytes: 1,
          apps: this.#apps.length,
          boot: start,
        }),
      },
      "apps.why": {
        parse: (params) => record("apps.why", params),
        call: (target) =>
          this.#matching(target).map((app) => ({
            app,
            text: `${app.name} is ${app.state}`,
            chain: this.#options.chain ?? [],
            lastLines: (this.#options.logs ?? []).filter(({ name }) => name === app.name),
          })),
      },
      "apps.describe": { parse: (params) => record("apps.describe", params), call: () => [] },
      "stats.read": { parse: (params) => record("stats.read", params), call: () => [] },
      "stats.follow": {
        parse: (params) => record("stats.follow", params),
        call: (_, context) => ({ subscription: context.subscribe().id, history: [] }),
      },
      "system.healthz": { parse: (params) => record("system.healthz", params), call: () => ({ ok: true }) },
      "rpc.discover": {
        parse: (params) => record("rpc.discover", params),
        call: () => ({ openrpc: "1.3.2" }),
      },
      "sessions.invite": {
        parse: (params) => record("sessions.invite", params),
        call: () => ({ url: "http://127.0.0.1:1/#code=c" }),
      },
      "sessions.list": {
        parse: (params) => record("sessions.list", params),
        call: () => this.#options.sessions ?? [],
      },
      "sessions.revoke": { parse: (params) => record("sessions.revoke", params), call: () => ({}) },
      "system.shutdown": {
        parse: (params) => record("system.shutdown", params),
        call: () => {
          setImmediate(() => void this.crash());
          return {};
        },
      },
      "apps.list": {
        parse: (params) => record("apps.list", params),
        call: ({ project }) => {
          const rows = project === undefined ? [...this.#apps] : this.#matching({ project });
          this.#options.afterList?.(this);
          return rows;
        },
      },
      "apps.get": {
        parse: (params) => record("apps.get", params),
        call: (target) => this.#matching(target),
      },
      "apps.apply": {
        parse: (params) => record("apps.apply", params),
        call: ({ spec, names }) => {
          const wanted = spec.apps.filter(({ name }) => names === undefined || names.includes(name));
          const added = wanted.filter(({ name }) => this.#apps.every((app) => app.name !== name));
          for (const { name, project } of added) {
            this.#apps.push(appRow({ name, project, state: "starting" }));
          }
          const operations = added.map(({ name }) => this.#begin("start", name));
          return {
            project: spec.name,
            added: added.map(({ name }) => name),
            changed: [],
            unchanged: wanted.filter((app) => !added.includes(app)).map(({ name }) => name),
            removed: [],
            plan: planApply(new Map(), { spec }),
            operations,
          };
        },
      },
      "apps.plan": {
        parse: (params) => record("apps.plan", params),
        call: (request) => planApply(new Map(), request),
      },
      "apps.start": { parse: (params) => record("apps.start", params), call: operate("start") },
      "apps.stop": { parse: (params) => record("apps.stop", params), call: operate("stop") },
      "apps.restart": { parse: (params) => record("apps.restart", params), call: operate("restart") },
      "apps.remove": { parse: (params) => record("apps.remove", params), call: operate("remove") },
      "remote.status": { parse: (params) => record("remote.status", params), call: () => this.remote },
      "remote.join": { parse: (params) => record("remote.join", params), call: () => this.remote },
      "remote.leave": { parse: (params) => record("remote.leave", params), call: () => ({}) },
      "remote.invite": {
        parse: (params) => record("remote.invite", params),
        call: () => ({ code: "hfp1_code", until: new Date(Date.parse(start) + 600_000).toISOString() }),
      },
      "remote.pair": {
        parse: (params) => record("remote.pair", params),
        call: ({ name }) => ({ name: name ?? "server", role: "operate" }),
      },
      "remote.grant": {
        parse: (params) => record("remote.grant", params),
        call: ({ name, role }) => ({ name, key: "k", role: role ?? null, connections: 0, heard: null }),
      },
      "remote.forget": { parse: (params) => record("remote.forget", params), call: () => ({}) },
      "operations.get": {
        parse: (params) => record("operations.get", params),
        call: ({ id }) => this.#operation(id),
      },
      "operations.list": {
        parse: (params) => record("operations.list", params),
        call: () => [...this.#operations.values()],
      },
      "operations.wait": {
        parse: (params) => record("operations.wait", params),
        call: async ({ ids }) =>
          await Promise.all(
            ids.map(async (id) => (await this.#ended.get(id)?.promise) ?? this.#operation(id)),
          ),
      },
      "logs.read": {
        parse: (params) => record("logs.read", params),
        call: ({ lines }) => {
          const all = this.#options.logs ?? [];
          return lines === undefined ? all : all.slice(Math.max(0, all.length - lines));
        },
      },
      "logs.extent": {
        parse: (params) => record("logs.extent", params),
        call: () => [],
      },
      "logs.follow": {
        parse: (params) => record("logs.follow", params),
        call: (_, context) => {
          const subscription = context.subscribe();
          this.#logFollowers.add(subscription);
          subscription.onEnd(() => this.#logFollowers.delete(subscription));
          subscription.notify({ lines: this.#options.followed ?? this.#options.logs ?? [] });
          subscription.notify({ lines: [], caughtUp: true });
          return { subscription: subscription.id };
        },
      },
      "webhooks.list": { parse: (params) => record("webhooks.list", params), call: () => this.webhooks },
      "events.read": {
        parse: (params) => record("events.read", params),
        call: ({ after = 0, limit = 1_000, last }) =>
          last === undefined
            ? this.#events.filter(({ seq }) => seq > after).slice(0, limit)
            : this.#events.slice(-last),
      },
      "events.follow": {
        parse: (params) => record("events.follow", params),
        call: (_, context) => {
          const subscription = context.subscribe();
          this.#followers.add(subscription);
          subscription.onEnd(() => this.#followers.delete(subscription));
          return { subscription: subscription.id, seq: this.#events.length };
        },
      },
    };
  }

  #matching({ project, name }: Target): readonly AppStatus[] {
    const found = this.#apps.filter(
      (app) => app.project === project && (name === undefined || app.name === name),
    );
    if (found.length === 0) throw new HoldfastError("NOT_FOUND", `no app is named ${name}`);
    return found;
  }

  #operation(id: string): Operation {
    const found = this.#operations.get(id);
    if (found === undefined) throw new HoldfastError("NOT_FOUND", `no operation ${id}`);
    return found;
  }

  #begin(kind: OperationKind, name: string): Operation {
    const project = this.#apps.find((app) => app.name === name)?.project ?? "shop";
    const id = `op-${this.#operations.size + 1}`;
    const begun: Operation = {
      id,
      kind,
      project,
      name,
      instance: null,
      by: null,
      state: "running",
      since: start,
      ended: null,
      error: null,
    };
    this.#operations.set(id, begun);
    const ended = Promise.withResolvers<Operation>();
    this.#ended.set(id, ended);
    const outcome = this.#options.outcome?.(kind, name) ?? "done";
    if (outcome === "hang") return begun;
    setImmediate(() => {
      const error = outcome instanceof Error ? outcome.message : null;
      const after: Operation = { ...begun, state: error === null ? "done" : "failed", ended: start, error };
      if (error === null && kind === "remove") {
        this.#apps = this.#apps.filter((app) => app.name !== name);
      } else if (error === null) {
        const operation = { id, kind, since: start };
        this.change(
          name,
          kind === "stop" ? "stopped" : "running",
          kind === "stop" ? { pid: null, operation } : { operation },
        );
      }
      this.#end(after);
      ended.resolve(after);
    });
    return begun;
  }

  #end(operation: Operation): void {
    const { id, project, name, kind } = operation;
    this.#operations.set(id, operation);
    this.#apps = this.#apps.map((app) => (app.operation?.id === id ? { ...app, operation: null } : app));
    this.#emit({
      type: "operation",
      project,
      name,
      message: `${kind} of ${name} ended`,
      app: null,
      operation,
      by: null,
      cause: { origin: null, after: null },
    });
  }

  #emit(event: Omit<DaemonEvent, "seq" | "time">): void {
    const whole: DaemonEvent = { ...event, seq: this.#events.length + 1, time: start };
    this.#events.push(whole);
    for (const follower of this.#followers) follower.notify(whole);
  }
}
