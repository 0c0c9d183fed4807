/**
 * What is owed to webhooks and to `on_exit` commands.
 *
 * 1. What is owed is written down together with what it is about, and goes from the disk once it was told: whoever is to
 *    be told is told at least once, whenever the daemon is killed, and knows a repetition by its id.
 * 2. One receiver is told one thing at a time, in order; the next one waits until the one before was told or given up.
 * 3. What waits is bounded: the oldest goes, and that is said.
 * 4. Events about this are of type `hook`, and are not told to webhooks.
 */
import {
  type Clock,
  describeError,
  type Random,
  type ShutdownToken,
  type TaskRegistry,
} from "@holdfast/runtime";
import { failpoint } from "@holdfast/runtime/failpoints";
import type { DaemonEvent, WebhookStatus } from "../api/contract.ts";
import type { AppSpec } from "../spec/app-spec.ts";
import type { Exit } from "../spec/app-state.ts";
import type { InstanceKey } from "../store/instance-record.ts";
import type { Journal } from "../store/journal.ts";
import {
  type Delivery,
  keyOf,
  laneOf,
  type OwedCommand,
  type OwedRequest,
  type RunResult,
} from "./delivery.ts";
import { isWanted, namesOf } from "./event-names.ts";
import type { Webhook } from "./hook-spec.ts";
import { Lane } from "./lane.ts";
import { type Answer, decideAfterAttempt } from "./next-attempt.ts";
import type { WebhookRequest } from "./post-webhook.ts";
import { webhookHeaders, webhookKey } from "./sign.ts";
import { Slots } from "./slots.ts";

/** How things are told in the real world. */
export interface HookMachine {
  post(request: WebhookRequest, abort: AbortSignal): Promise<Answer>;
  /** The text of a secret's file. Throws when it cannot be read. */
  readSecret(file: string): string;
  /** Resolves with why it failed, or undefined. */
  run(owed: OwedCommand, abort: AbortSignal): Promise<string | undefined>;
}

export interface OutboxSeams {
  readonly clock: Clock;
  readonly random: Random;
  readonly journal: Journal;
  readonly tasks: TaskRegistry;
  readonly machine: HookMachine;
  /** What a project's manifest says now. */
  readonly webhooks: (project: string) => readonly Webhook[];
  /** `about` is the number of the event that was to be told. */
  readonly tell: (project: string, name: string | null, message: string, about: number | undefined) => void;
}

/** The end of a run. */
export interface EndOfRun {
  readonly exit: Exit;
  readonly result: RunResult;
  readonly runId: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** As many wait for one receiver. */
const mostWaiting = 1_000;
/** As many commands run at once. */
const mostCommands = 8;
/** No wait is longer, whatever the wall clock does meanwhile. */
const longestWaitMs = 86_400_000;

export class Outbox {
  readonly #seams: OutboxSeams;
  readonly #lanes = new Map<string, Lane>();
  readonly #commands = new Slots(mostCommands);
  #seq = 0;

  constructor(seams: OutboxSeams) {
    this.#seams = seams;
  }

  /** Goes on with what an earlier daemon owed. */
  restore(deliveries: readonly Delivery[]): void {
    for (const delivery of deliveries.toSorted((a, b) => a.seq - b.seq)) {
      this.#seq = Math.max(this.#seq, delivery.seq);
      this.#lane(delivery).queue.push(delivery);
    }
    for (const lane of this.#lanes.values()) this.#work(lane);
  }

  /** An event was told. To be called in the turn in which it was. */
  told(event: DaemonEvent): void {
    const names = namesOf(event);
    const type = names.at(-1);
    if (type === undefined) return;
    for (const hook of this.#seams.webhooks(event.project)) {
      if (!isWanted(hook, event)) continue;
      const body = JSON.stringify({ type, timestamp: event.time, data: event });
      const owed = this.#owed(event.project, `msg_${event.seq}`);
      this.#add({ ...owed, about: event.seq, kind: "webhook", hook: hook.name, body });
    }
  }

  /** A run has ended. To be called in the turn in which that is written down. */
  ended({ onExit, workingDir }: AppSpec, key: InstanceKey, end: EndOfRun): void {
    if (onExit === undefined || (onExit.when !== "always" && onExit.when !== end.result)) return;
    const { exit, result, runId, environment } = end;
    this.#add({
      ...this.#owed(key.project, `exit_${runId}`),
      kind: "on-exit",
      name: key.name,
      instance: key.instance,
      command: onExit.command,
      timeoutMs: onExit.timeoutMs,
      workingDir,
      environment: {
        ...environment,
        HOLDFAST_RUN_ID: runId,
        HOLDFAST_RESULT: exit.oom === true ? "oom" : result,
        HOLDFAST_EXIT_CODE: exit.code === null ? "" : `${exit.code}`,
        HOLDFAST_EXIT_SIGNAL: exit.signal ?? "",
      },
    });
  }

  /** A project was applied: a receiver that wanted nothing more is asked again. */
  applied(project: string): void {
    for (const lane of this.#lanes.values()) if (lane.project === project) lane.gone = undefined;
  }

  /** The webhooks that there are, and how it goes with each. */
  status(projects: readonly string[]): readonly WebhookStatus[] {
    return projects.flatMap((project) =>
      this.#seams.webhooks(project).map((hook) => {
        const lane = this.#lanes.get(laneOf({ kind: "webhook", project, hook: hook.name }));
        return {
          project,
          name: hook.name,
          address: new URL(hook.url).origin,
          waiting: lane?.queue.length ?? 0,
          delivered: lane?.delivered ?? 0,
          state: lane?.gone !== undefined ? "gone" : lane?.trouble === undefined ? "good" : "failing",
          error: lane?.gone ?? lane?.trouble ?? null,
          next:
            lane?.trouble === undefined || lane.queue[0] === undefined ? null : timeText(lane.queue[0].next),
        };
      }),
    );
  }

  /** Resolves when no command is owed any more, or with `late` after `withinMs`. */
  async commandsDone(withinMs: number): Promise<"done" | "late"> {
    const { clock } = this.#seams;
    const late = Promise.withResolvers<"late">();
    const timer = clock.setTimeout(() => late.resolve("late"), withinMs);
    const works = [...this.#lanes.values()].flatMap((lane) =>
      lane.kind === "on-exit" ? (lane.work ?? []) : [],
    );
    const end = await Promise.race([Promise.all(works).then(() => "done" as const), late.promise]);
    clock.clearTimeout(timer);
    return end;
  }

  #owed(
    project: string,
    id: string,
  ): Pick<Delivery, "project" | "id" | "seq" | "created" | "attempts" | "next"> {
    const now = this.#seams.clock.now();
    return { project, id, seq: ++this.#seq, created: now, attempts: 0, next: now };
  }

  #lane(delivery: Delivery): Lane {
    const id = laneOf(delivery);
    const known = this.#lanes.get(id);
    if (known !== undefined) return known;
    const lane = new Lane(delivery);
    this.#lanes.set(id, lane);
    return lane;
  }

  #add(delivery: Delivery): void {
    const lane = this.#lane(delivery);
    if (lane.gone !== undefined) return;
    lane.queue.push(delivery);
    this.#keep(delivery);
    failpoint("hook.owed");
    // The first is being told.
    const [dropped] = lane.queue.length > mostWaiting ? lane.queue.splice(1, 1) : [];
    if (dropped !== undefined) {
      this.#forget(dropped);
      if (lane.dropped++ === 0)
        this.#tell(
          lane,
          dropped,
          `${lane.title} is behind: the oldest of ${mostWaiting} that wait are left out`,
        );
    }
    this.#work(lane);
  }

  #work(lane: Lane): void {
    if (lane.work !== undefined) return;
    const task = this.#seams.tasks.spawn(lane.title, { kind: "background-loop" }, (token) =>
      this.#tellAll(lane, token),
    );
    lane.work = task.done.then(() => {
      lane.work = undefined;
      if (lane.kind === "on-exit" && lane.queue.length === 0) this.#lanes.delete(lane.id);
    });
  }

  async #tellAll(lane: Lane, token: ShutdownToken): Promise<void> {
    const { clock } = this.#seams;
    for (let [first] = lane.queue; first !== undefined; [first] = lane.queue) {
      const waitMs = Math.min(first.next - clock.now(), longestWaitMs);
      if (waitMs > 0 && (await clock.sleep(waitMs, token)) === "cancelled") return;
      // Nobody hears of it before it is on the disk: it would be told again under another id. A full disk delays it.
      if (!(await this.#isSaved(token))) continue;
      if (token.isCancelled) return;
      failpoint("hook.attempt");
      if (first.kind === "webhook") await this.#send(lane, first, token);
      else await this.#run(lane, first, token);
      if (token.isCancelled) return;
    }
  }

  async #isSaved(token: ShutdownToken): Promise<boolean> {
    try {
      await this.#seams.journal.saved();
      return true;
    } catch {
      await this.#seams.clock.sleep(1_000, token);
      return token.isCancelled;
    }
  }

  async #send(lane: Lane, owed: OwedRequest, token: ShutdownToken): Promise<void> {
    const { clock, random } = this.#seams;
    const hook = this.#seams.webhooks(owed.project).find(({ name }) => name === owed.hook);
    if (hook === undefined) return this.#done(lane, owed);
    const answer = await this.#answer(hook, owed, token);
    failpoint("hook.answered");
    // The next daemon sends it again.
    if (token.isCancelled) return;
    const attempts = owed.attempts + 1;
    const verdict = decideAfterAttempt(answer, { attempts, ageMs: clock.now() - owed.created }, hook, random);
    switch (verdict.kind) {
      case "delivered":
        lane.delivered++;
        if (lane.trouble !== undefined) this.#tell(lane, owed, `${lane.title} works again`);
        lane.trouble = undefined;
        lane.dropped = 0;
        return this.#done(lane, owed);
      case "gone":
        lane.gone = verdict.why;
        this.#tell(
          lane,
          owed,
          `${lane.title} wants no more (410): nothing is sent to it until ${owed.project} is applied again`,
        );
        for (const each of lane.queue.splice(0)) this.#forget(each);
        return;
      case "given-up":
        lane.trouble = verdict.why;
        this.#tell(
          lane,
          owed,
          `${lane.title} was not told of ${owed.id}, which is given up after ${attempts} attempts: ${verdict.why}`,
        );
        return this.#done(lane, owed);
      case "again": {
        if (lane.trouble === undefined)
          this.#tell(lane, owed, `${lane.title} fails, and is tried again: ${verdict.why}`);
        lane.trouble = verdict.why;
        const later = { ...owed, attempts, next: clock.now() + verdict.afterMs };
        lane.queue[0] = later;
        this.#keep(later);
        failpoint("hook.later");
      }
    }
  }

  async #answer(hook: Webhook, { id, body }: OwedRequest, token: ShutdownToken): Promise<Answer> {
    const { clock, machine } = this.#seams;
    const limit = new AbortController();
    const timer = clock.setTimeout(() => limit.abort(), hook.timeoutMs);
    const forget = token.onCancel(() => limit.abort());
    try {
      const at = clock.now();
      const key = hook.secretFile === undefined ? undefined : webhookKey(machine.readSecret(hook.secretFile));
      if (key?.length === 0) throw new Error(`${hook.secretFile} is empty`);
      return await machine.post(
        { url: hook.url, headers: webhookHeaders(id, at, body, key), body, at },
        limit.signal,
      );
    } catch (error) {
      // Never unsigned where it is to be signed.
      return { kind: "failed", error: describeError(error) };
    } finally {
      clock.clearTimeout(timer);
      forget();
    }
  }

  async #run(lane: Lane, owed: OwedCommand, token: ShutdownToken): Promise<void> {
    const { clock, machine } = this.#seams;
    await using _slot = await this.#commands.take();
    if (token.isCancelled) return;
    const limit = new AbortController();
    const timer = clock.setTimeout(() => limit.abort(), owed.timeoutMs);
    const forget = token.onCancel(() => limit.abort());
    const why = await machine.run(owed, limit.signal);
    clock.clearTimeout(timer);
    forget();
    failpoint("hook.answered");
    // The daemon ended it: the next one runs it again.
    if (token.isCancelled) return;
    if (why !== undefined) this.#tell(lane, owed, `on_exit of ${owed.name} failed: ${why}`);
    this.#done(lane, owed);
  }

  #done(lane: Lane, owed: Delivery): void {
    lane.queue.shift();
    this.#forget(owed);
    failpoint("hook.done");
  }

  #keep(delivery: Delivery): void {
    this.#seams.journal.keep(keyOf(delivery), { kind: "put-delivery", delivery });
  }

  #forget(delivery: Delivery): void {
    this.#seams.journal.keep(keyOf(delivery), { kind: "drop-delivery", key: keyOf(delivery) });
  }

  #tell({ project, name }: Lane, { about }: Delivery, message: string): void {
    this.#seams.tell(project, name, message, about);
  }
}

function timeText(at: number): string {
  return new Date(at).toISOString();
}
