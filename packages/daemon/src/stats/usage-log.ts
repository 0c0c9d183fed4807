import type { TreeUsage } from "@holdfast/platform";
import type { Clock, Timer } from "@holdfast/runtime";
import type { Target, Usage } from "../api/contract.ts";
import { type InstanceKey, type InstanceRecord, keyText } from "../store/instance-record.ts";
import { UsageSeries } from "./usage-series.ts";

/** While somebody looks, and otherwise. */
const fineMs = 2_000;
const coarseMs = 60_000;

/** As many samples are given at once: of many instances fewer each, the newest. */
const most = 20_000;

/** What an instance that runs uses since its run began. */
export interface RunningUsage extends TreeUsage {
  readonly key: InstanceKey;
  readonly cookie: string;
}

export interface UsageSeams {
  readonly clock: Clock;
  /** Reads what runs now. */
  readonly read: () => readonly RunningUsage[];
  /** False for an instance that is gone for good. */
  readonly isKnown: (key: InstanceKey) => boolean;
}

interface Entry {
  readonly key: InstanceKey;
  readonly series: UsageSeries;
  last: { readonly cookie: string; readonly cpuMs: number; readonly at: number } | undefined;
}

interface Follower {
  readonly targets: readonly Target[] | undefined;
  readonly onUsage: (usages: readonly Usage[]) => void;
}

/** What apps used, sampled often while somebody follows and seldom otherwise. Begins when first asked to. */
export class UsageLog {
  readonly #seams: UsageSeams;
  readonly #entries = new Map<string, Entry>();
  readonly #followers = new Set<Follower>();
  #timer: Timer | undefined;
  #isOn = false;

  constructor(seams: UsageSeams) {
    this.#seams = seams;
  }

  /** Samples from now on, until `close`. */
  begin(): void {
    this.#isOn = true;
    this.#sleep(coarseMs);
  }

  close(): void {
    this.#isOn = false;
    this.#seams.clock.clearTimeout(this.#timer);
    this.#followers.clear();
  }

  /** What runs, as it is now. */
  now(): readonly RunningUsage[] {
    return this.#seams.read();
  }

  /** The samples of what `targets` name, or of all, taken since then, in the order of their times. */
  read(targets?: readonly Target[], since: number = Number.NEGATIVE_INFINITY): readonly Usage[] {
    const wanted = [...this.#entries.values()].filter(({ key }) => isMeant(key, targets));
    const each = Math.max(1, Math.floor(most / Math.max(1, wanted.length)));
    return wanted
      .flatMap(({ key, series }) =>
        series
          .since(since)
          .slice(-each)
          .map((sample) => ({ key, ...sample })),
      )
      .toSorted((a, b) => a.at - b.at)
      .map(({ key: { project, name, instance }, at, ...sample }) => ({
        project,
        name,
        instance,
        time: new Date(at).toISOString(),
        ...sample,
      }));
  }

  /** Hears of each further sample; the first one is taken now. Returns the function that ends it. */
  follow(targets: readonly Target[] | undefined, onUsage: Follower["onUsage"]): () => void {
    const follower: Follower = { targets, onUsage };
    this.#followers.add(follower);
    if (this.#followers.size === 1) this.#sleep(0);
    return () => {
      this.#followers.delete(follower);
      if (this.#followers.size === 0) this.#sleep(coarseMs);
    };
  }

  #sleep(ms: number): void {
    const { clock } = this.#seams;
    clock.clearTimeout(this.#timer);
    if (!this.#isOn) return;
    this.#timer = clock.setTimeout(() => {
      this.#sample();
      this.#sleep(this.#followers.size > 0 ? fineMs : coarseMs);
    }, ms);
    this.#timer.unref();
  }

  #sample(): void {
    const { clock, read, isKnown } = this.#seams;
    for (const [id, { key }] of this.#entries) if (!isKnown(key)) this.#entries.delete(id);
    const [now, at] = [clock.now(), clock.monotonic()];
    const usages = read().map((running) => this.#take(running, now, at));
    for (const { targets, onUsage } of [...this.#followers]) {
      const own = usages.filter((usage) => isMeant(usage, targets));
      if (own.length > 0) onUsage(own);
    }
  }

  #take({ key, cookie, cpuMs, memoryBytes, processes }: RunningUsage, now: number, at: number): Usage {
    const id = keyText(key);
    const entry = this.#entries.get(id) ?? { key, series: new UsageSeries(), last: undefined };
    this.#entries.set(id, entry);
    const { last } = entry;
    const isSameRun = last?.cookie === cookie && at > last.at;
    const cpus = isSameRun && cpuMs !== null ? Math.max(0, cpuMs - last.cpuMs) / (at - last.at) : null;
    entry.last = cpuMs === null ? undefined : { cookie, cpuMs, at };
    entry.series.push({ at: now, cpus, memoryBytes, processes }, coarseMs);
    const { project, name, instance } = key;
    return { project, name, instance, time: new Date(now).toISOString(), cpus, memoryBytes, processes };
  }
}

function isMeant({ project, name, instance }: InstanceKey, targets: readonly Target[] | undefined): boolean {
  return (
    targets === undefined ||
    targets.some(
      (target) =>
        target.project === project &&
        (target.name === undefined || target.name === name) &&
        (target.instance === undefined || target.instance === instance),
    )
  );
}

/** What each instance uses that has a run among those. */
export function runningUsages(
  records: readonly InstanceRecord[],
  usages: ReadonlyMap<string, TreeUsage> = new Map(),
): readonly RunningUsage[] {
  return records.flatMap(({ project, name, instance, cookie }) => {
    const usage = cookie === null ? undefined : usages.get(cookie);
    if (usage === undefined || cookie === null || usage.processes === null) return [];
    return [{ key: { project, name, instance }, cookie, ...usage }];
  });
}
