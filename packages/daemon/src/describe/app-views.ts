/** Apps looked at closely: what they are made of, and why they are as they are. */
import type { Clock } from "@holdfast/runtime";
import { appStatus } from "../api/app-status.ts";
import type { AppDescription, AppStatus, LogLine, Target, Why, WhyLink } from "../api/contract.ts";
import type { App } from "../apps/app.ts";
import type { Instance } from "../apps/instance.ts";
import type { MachineWorld } from "../apps/instance-world.ts";
import type { Projects } from "../apps/projects.ts";
import type { EventLog } from "../events/event-log.ts";
import type { LogBook } from "../logs/log-book.ts";
import type { ProbeBook } from "../probes/probe-book.ts";
import type { AppSpec } from "../spec/app-spec.ts";
import type { InstanceKey, InstanceRecord } from "../store/instance-record.ts";
import { eventChain } from "../why/event-chain.ts";
import { stateText } from "../why/state-text.ts";
import { whyLinks } from "../why/why-links.ts";
import { describeApp } from "./describe-app.ts";
import { pastExits } from "./past-exits.ts";
import { secretValues } from "./secret-values.ts";

export interface ViewSeams {
  readonly clock: Pick<Clock, "now" | "sleep">;
  readonly projects: Projects;
  readonly probes: ProbeBook;
  readonly events: EventLog;
  readonly logs: LogBook;
  readonly environment: MachineWorld["environment"];
}

/** As many of the last lines come with a `why`, if nobody says how many. */
const usualLines = 10;

/** So many are explained before others have their turn. */
const inOneTurn = 10;

/** What waits for what waits for what is followed so far. */
const deepest = 20;

export class AppViews {
  readonly #seams: ViewSeams;

  constructor(seams: ViewSeams) {
    this.#seams = seams;
  }

  /** The same targets, with apps for groups. Throws `NOT_FOUND`. */
  resolve(targets: readonly Target[] | undefined): readonly Target[] | undefined {
    return targets && this.#seams.projects.resolve(targets);
  }

  /** One for each app that the target names. */
  describe(target: Target): readonly AppDescription[] {
    const { projects, probes, environment } = this.#seams;
    return projects.expect(target).map((app) => {
      const { spec } = app;
      const instances = instancesOf(app, target);
      const key = { project: spec.project, name: spec.name, instance: target.instance ?? 1 };
      return describeApp(spec, {
        environment: environment(spec, key),
        secrets: secretValues(spec.secrets),
        probes: instances.flatMap((instance) => probes.reports(instance.key, spec)),
        exits: pastExits(instances.map(({ record }) => record)),
      });
    });
  }

  /** One for each instance that the target names. */
  async why(target: Target, lines: number = usualLines): Promise<readonly Why[]> {
    const { projects, clock } = this.#seams;
    const all = projects
      .expect(target)
      .flatMap((app) => instancesOf(app, target).map((instance) => ({ app, instance })));
    const found: Why[] = [];
    for (const { app, instance } of all) {
      found.push(await this.#why(app, instance, lines));
      // Long chains are read from the disk: nobody else waits for those of a whole project.
      if (found.length % inOneTurn === 0) await clock.sleep(0);
    }
    return found;
  }

  async #why({ spec }: App, { record, key }: Instance, lines: number): Promise<Why> {
    const chain = this.#links(record, key);
    return {
      app: appStatus(record, spec),
      text: this.#text(record, spec),
      chain,
      lastLines: await this.#lastLines(key, chain, lines),
    };
  }

  #text(record: InstanceRecord, spec: AppSpec): string {
    const { state } = record;
    const last = record.told === undefined ? undefined : this.#seams.events.get(record.told.last);
    return stateText(appStatus(record, spec), {
      title: titleOf(record, spec),
      now: this.#seams.clock.now(),
      attempt: state.kind === "backoff" ? state.attempt : undefined,
      mostRestarts: spec.restart.maxRestarts,
      origin: last?.cause.origin ?? null,
    });
  }

  /** What waits for another app is as it is because of that one. */
  #links(record: InstanceRecord, about: InstanceKey, depth = 0): readonly WhyLink[] {
    const { events, projects } = this.#seams;
    const waiting = record.state.kind === "starting" ? record.state.waitingFor[0] : undefined;
    const needed =
      waiting === undefined || depth > deepest
        ? undefined
        : projects.appOf({ project: record.project, name: waiting.app });
    const late = needed?.instances.find((each) => !isThere(appStatus(each.record, needed.spec)));
    if (needed !== undefined && late !== undefined) {
      const { told, since } = late.record;
      const event = told === undefined ? undefined : events.get(told.last);
      const link = {
        seq: told?.last ?? null,
        time: event?.time ?? new Date(since).toISOString(),
        text: this.#text(late.record, needed.spec),
        origin: event?.cause.origin ?? null,
        by: null,
      };
      return [link, ...this.#links(late.record, about, depth + 1)];
    }
    if (record.told === undefined) return [];
    return whyLinks(
      eventChain(record.told, (seq) => events.get(seq)),
      about,
      record.restarts,
    );
  }

  /** The last lines before the exit that the chain tells of, of whichever instance that was. */
  async #lastLines(key: InstanceKey, chain: readonly WhyLink[], lines: number): Promise<readonly LogLine[]> {
    const { events, logs } = this.#seams;
    if (lines === 0) return [];
    const exit = chain.find(({ origin }) => origin?.type === "exit");
    const app = exit?.seq === undefined || exit.seq === null ? undefined : events.get(exit.seq)?.app;
    const own = app ?? key;
    const of = { project: own.project, name: own.name, instance: own.instance };
    const until = exit === undefined ? {} : { until: Date.parse(exit.time) };
    return await logs.read(logs.of(of).sources(), { lines, ...until });
  }
}

function instancesOf({ instances }: App, { instance }: Target): readonly Instance[] {
  return instances.filter(({ key }) => instance === undefined || key.instance === instance);
}

function titleOf({ name, instance }: InstanceKey, { replicas }: AppSpec): string {
  return replicas > 1 ? `${name}.${instance}` : name;
}

function isThere({ state, ready }: AppStatus): boolean {
  return state === "running" && ready;
}
