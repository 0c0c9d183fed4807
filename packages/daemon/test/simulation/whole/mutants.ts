/** One fault put into the daemon: a text of a source file and what stands in its place, and who must notice. */
export interface Mutant {
  readonly what: string;
  /** Below `packages/daemon/src`. */
  readonly file: string;
  readonly from: string;
  readonly to: string;
  /** Any of these invariants, or the code of a `SimulationError`. */
  readonly caughtBy: readonly string[];
}

export const mutants: readonly Mutant[] = [
  {
    what: "a run is adopted by its pid alone",
    file: "runner/process-runner.ts",
    from: "return this.#sight.isAlive(leader, cookie, startTime !== undefined) ? leader : undefined;",
    to: "return found;",
    caughtBy: ["I7", "I1", "I6"],
  },
  {
    what: "a launch is not written down before it is asked for",
    file: "apps/launch.ts",
    from: "  await world.journal.outlivesProcess();\n",
    to: "",
    caughtBy: ["I1", "I5", "I6"],
  },
  {
    what: "a change is acknowledged before it is on the disk",
    file: "api/methods.ts",
    from: "    await daemon.saved();\n",
    to: "",
    caughtBy: ["I3"],
  },
  {
    what: "the end of an operation is told before it is on the disk",
    file: "apps/operation-log.ts",
    from: "    await this.#seams.journal.saved().catch(() => undefined);\n",
    to: "",
    caughtBy: ["I3"],
  },
  {
    what: "a restart that was through is done again after a crash",
    file: "apps/continued.ts",
    from: "        if (isLaunchedSince(instance, record))",
    to: "        if (false)",
    caughtBy: ["I3", "I5", "I6", "I8"],
  },
  {
    what: "a stop that a crash cut short is not gone on with",
    file: "apps/project.ts",
    from: 'if (first?.kind === "stop") this.stop(names, orderOf(first), group);',
    to: 'if (first?.kind === "stop") void names;',
    caughtBy: ["I6", "I8"],
  },
  {
    what: "a webhook that failed is not told again by the next daemon",
    file: "hooks/outbox.ts",
    from: "    lane.queue.push(delivery);\n    this.#keep(delivery);\n",
    to: "    lane.queue.push(delivery);\n",
    caughtBy: ["I10"],
  },
  {
    what: "an app that is removed is forgotten before it has ended",
    file: "apps/remove-apps.ts",
    from: "settle([...ends.map((end) => end(withinMs)), site.stopSurplus(app, because, withinMs)])",
    to: "{ for (const end of ends) void end(timeoutMs ?? undefined); return Promise.resolve(); }",
    caughtBy: ["I2", "I6", "I1", "I8"],
  },
  {
    what: "a stop waits for the end of a backoff",
    file: "apps/keep-up.ts",
    from: '        if ((await clock.sleep(decision.delayMs, life.token)) === "cancelled") return;',
    // The simulation's own backoffs are too short to be noticed.
    to: '        if ((await clock.sleep(decision.delayMs, life.token)) === "cancelled") await clock.sleep(20_000);',
    caughtBy: ["I4", "I6", "I8", "I12"],
  },
  {
    what: "the intensity is off by one",
    file: "apps/exit-decision.ts",
    from: "used >= restart.maxRestarts",
    to: "used > restart.maxRestarts",
    caughtBy: ["I5"],
  },
  {
    what: "a crash of the daemon makes restarts forgotten",
    file: "apps/keep-up.ts",
    from: "openRestarts(entry.record.restartHistory, clock)",
    to: "openRestarts(null, clock)",
    caughtBy: ["I5"],
  },
  {
    what: "an app does not wait for what it needs",
    file: "apps/dependencies.ts",
    from: 'return waitingFor.length === 0 ? { kind: "met" }',
    to: 'return waitingFor.length >= 0 ? { kind: "met" }',
    caughtBy: ["I9"],
  },
  {
    what: "a stop does not wait for the dependants",
    file: "apps/stop-order.ts",
    from: "    await Promise.all(before.flatMap((dependant) => this.#stopped.get(dependant)?.promise ?? []));\n",
    to: "    void before;\n",
    caughtBy: ["I9"],
  },
  {
    what: "an app that was removed is forgotten and not stopped",
    file: "apps/leaving.ts",
    from: "    await settle(instances.map((each) => each.stop(because)));\n    failpoint",
    to: "    failpoint",
    caughtBy: ["I1", "I2", "I6"],
  },
  {
    what: "a removal that a crash cut short is not gone on with",
    file: "apps/leaving.ts",
    from: "begin(record, (because) => this.#dropAll(instances, because)",
    to: "begin(record, (because) => this.#dropAll([], because)",
    caughtBy: ["I2", "I6", "I8"],
  },
  {
    what: "an instance that comes back is not the one that is being stopped",
    file: "apps/leaving.ts",
    from: "    return leaving;\n",
    to: "    return undefined;\n",
    caughtBy: ["I1", "I6"],
  },
  {
    what: "a run that an earlier daemon began is launched beside itself",
    file: "apps/instance.ts",
    from: '    if (left.kind === "running") {',
    to: '    if (left.kind === "running" && record.state.kind !== "running") {',
    caughtBy: ["I1"],
  },
  {
    what: "events are numbered from 0 by each daemon",
    file: "events/event-log.ts",
    from: "this.#seq = Math.max(clock.now() * 1_000, archive.lastEvent());",
    to: "this.#seq = 0;",
    caughtBy: ["I10", "I14"],
  },
  {
    what: "a follower is not told what it missed",
    file: "events/follow-events.ts",
    from: "    for (const event of page) follower.send(event);\n",
    to: "",
    caughtBy: ["I10"],
  },
  {
    what: "the key of a request is not looked at",
    file: "apps/operation-log.ts",
    from: "request.key === key && request.kind === kind",
    to: "request.key === kind && request.kind === kind",
    caughtBy: ["I8"],
  },
  {
    what: "an app is ready as soon as it is launched",
    file: "probes/checks.ts",
    from: '(spec.healthcheck === undefined || verdicts.healthcheck === "good")',
    to: "true",
    caughtBy: ["I9", "I11"],
  },
  {
    what: "a stopped app counts as wanted",
    file: "apps/instance.ts",
    from: "{ wanted: false, next: null, budgetMs }",
    to: "{ next: null, budgetMs }",
    caughtBy: ["I2", "I3"],
  },
  {
    what: "a crash does not say what it was",
    file: "apps/keep-up.ts",
    from: 'origin: ended.origin ?? { type: "exit", exit, afterMs: ranMs }',
    to: "",
    caughtBy: ["I14"],
  },
  {
    what: "by which event a change was told is not on the disk together with it",
    file: "store/app-store.ts",
    from: '    const record: InstanceRecord = { ...this.get(key), told };\n    this.#records.set(keyText(key), record);\n    this.#journal.keep(keyText(key), { kind: "put-instance", record });',
    to: "    const record: InstanceRecord = { ...this.get(key), told };\n    this.#records.set(keyText(key), record);",
    caughtBy: ["I14"],
  },
  {
    what: "what an operation began is not known after a crash",
    file: "apps/operation-log.ts",
    from: "    entry.record = { ...record, told: this.#keep(record, request.because ?? follows) };",
    to: "    this.#keep(record, request.because ?? follows);",
    caughtBy: ["I14"],
  },
  {
    what: "a run that is launched while it is stopped is not waited for",
    file: "apps/instance.ts",
    from: "    await life.launching;\n",
    to: "",
    caughtBy: ["I1", "I2", "I6"],
  },
];
