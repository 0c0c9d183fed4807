/** One fault put into the product: a text of a source file and what stands in its place, and who must notice. */
export interface Mutant {
  readonly what: string;
  /** Below `packages/runtime/src`. */
  readonly file: string;
  readonly from: string;
  readonly to: string;
  /** Any of these invariants, or the code of a `SimulationError`. */
  readonly caughtBy: readonly string[];
}

export const mutants: readonly Mutant[] = [
  {
    what: "the intensity is off by one",
    file: "policy.ts",
    from: "recent.length > limit.intensity",
    to: "recent.length > limit.intensity + 1",
    caughtBy: ["I5"],
  },
  {
    what: "a supervisor gives up one restart too early",
    file: "policy.ts",
    from: "recent.length > limit.intensity",
    to: "recent.length >= limit.intensity",
    caughtBy: ["I5"],
  },
  {
    what: "half of the period counts",
    file: "policy.ts",
    from: "at >= nowMs - limit.periodMs",
    to: "at >= nowMs - limit.periodMs / 2",
    caughtBy: ["I5"],
  },
  {
    what: "an exceeded intensity does not escalate",
    file: "restarts.ts",
    from: "return exhausted(",
    to: "return void (",
    caughtBy: ["I6", "I4"],
  },
  {
    what: "a nested supervisor that failed looks like one that ended",
    file: "nesting.ts",
    from: "throw exit.error;",
    to: "return undefined;",
    caughtBy: ["I6"],
  },
  {
    what: "a restart's timer outlives the stop of its supervisor",
    file: "restarts.ts",
    from: "for (const child of [...this.#timers.keys()]) this.#clear(child);",
    to: "",
    caughtBy: ["I12"],
  },
  {
    what: "a stop of a child leaves its restart's timer, which starts the next one early",
    file: "restarts.ts",
    from: 'if (!waiting || this.#host.strategy === "one-for-one") this.#clear(child);',
    to: "void waiting;",
    caughtBy: ["I5"],
  },
  {
    what: "a restart that was planned starts whoever is there",
    file: "restarts.ts",
    from: 'if (child.state.kind !== "restarting") continue;',
    to: "",
    caughtBy: ["I1", "I2", "I9"],
  },
  {
    what: "a group's restart revives a child that was stopped for good",
    file: "restarts.ts",
    from: 'if (sibling.state.kind === "stopped" && sibling.state.held) continue;',
    to: "",
    caughtBy: ["I2"],
  },
  {
    what: "a backoff has no cap",
    file: "backoff.ts",
    from: "Math.min(maxMs, initialMs * factor ** (Math.max(1, attempt) - 1))",
    to: "initialMs * factor ** (Math.max(1, attempt) - 1) + 0 * maxMs",
    caughtBy: ["I5"],
  },
  {
    what: "a backoff never starts over",
    file: "children.ts",
    from: "child.attempt = 0;",
    to: "",
    caughtBy: ["I5"],
  },
  {
    what: "children stop in the order they were started",
    file: "children.ts",
    from: "[...live.entries()].reverse()",
    to: "[...live.entries()]",
    caughtBy: ["I9"],
  },
  {
    what: "a stop waits for ever, whatever the deadline",
    file: "child.ts",
    from: 'Math.min(atMostMs, stop === "infinity" ? Number.POSITIVE_INFINITY : stop.timeoutMs)',
    to: "atMostMs",
    caughtBy: ["I4"],
  },
  {
    what: "a child with a probe counts as ready at once",
    file: "child.ts",
    from: "if (spec.ready === undefined) isReady();",
    to: 'if (spec.ready !== "told") isReady();',
    caughtBy: ["I11"],
  },
  {
    what: "a nested supervisor is ready before its children are",
    file: "nesting.ts",
    from: "await supervisor.start();\n      ctx.ready();",
    to: "ctx.ready();\n      await supervisor.start();",
    caughtBy: ["I11", "I9"],
  },
  {
    what: "a start has all the time in the world",
    file: "children.ts",
    from: "spec.startTimeoutMs ?? Number.POSITIVE_INFINITY",
    to: "Number.POSITIVE_INFINITY",
    caughtBy: ["I6"],
  },
  {
    what: "a laggard is never told to abort",
    file: "tasks.ts",
    from: "for (const task of this.#live) task.abort();",
    to: "",
    caughtBy: ["I4"],
  },
  {
    what: "a wake between two waits is lost",
    file: "wake.ts",
    from: 'if (this.#notified) end("woken");',
    to: "",
    caughtBy: ["I10"],
  },
  {
    what: "a trigger is answered by the pass in hand",
    file: "loop.ts",
    from: "    asked = Promise.withResolvers();\n    const [at, began]",
    to: "    queueMicrotask(() => {});\n    const [at, began]",
    caughtBy: ["I10"],
  },
  {
    what: "a follower that was too slow goes on with a gap",
    file: "store.ts",
    from: 'if ("type" in change) {',
    to: 'if ("type" in change) continue;\n        if ("type" in change) {',
    caughtBy: ["I10"],
  },
  {
    what: "a failed operation does not revert",
    file: "operation.ts",
    from: "if (back !== undefined) this.#store.replace(id, back);",
    to: "",
    caughtBy: ["I8"],
  },
  {
    what: "a failed operation reverts to what a scan knows to be wrong",
    file: "operation.ts",
    from: "const back = operation.observed?.state ?? operation.before;",
    to: "const back = operation.before;",
    caughtBy: ["I8"],
  },
  {
    what: "the transitional state is published after the reply",
    file: "operation.ts",
    from: "this.#store.replace(id, request.via);\n    this.#log",
    to: "queueMicrotask(() => this.#store.replace(id, request.via));\n    this.#log",
    caughtBy: ["I8"],
  },
  {
    what: "a request that joins starts the work a second time",
    file: "operation.ts",
    from: 'case "join":\n          return running;',
    to: 'case "join":\n          break;',
    caughtBy: ["I8"],
  },
  {
    what: "an operation that was replaced writes its end all the same",
    file: "operation.ts",
    from: "const current = () => this.#inFlight.get(id) === operation;",
    to: "const current = () => true;",
    caughtBy: ["I8"],
  },
  {
    what: "a scan overwrites a transitional state",
    file: "operation.ts",
    from: "if (operation) operation.observed = { state };",
    to: "if (operation) this.#store.set(id, state);",
    caughtBy: ["I8"],
  },
  {
    what: "jitter is drawn from elsewhere than the given random",
    file: "backoff.ts",
    from: "full / 2 + (full / 2) * random.next()",
    to: "full / 2 + (full / 2) * Math.random() + 0 * random.next()",
    caughtBy: ["NOT_DETERMINISTIC"],
  },
  {
    what: "the simulation itself draws its ties from elsewhere than the seed",
    file: "testing/virtual-clock.ts",
    from: "this.#ties?.next() ?? 0",
    to: "this.#ties ? Math.random() : 0",
    caughtBy: ["NOT_DETERMINISTIC"],
  },
];
