import { expect, test } from "vitest";
import { HoldfastError, type Random, Supervisor, seededRandom } from "../src/index.ts";
import { FakeChild, VirtualClock } from "../src/testing/index.ts";

const intensity = 6;
const periodMs = 1_000;
const pick = <T>(random: Random, from: readonly T[]): T => from[Math.floor(random.next() * from.length)] as T;

/** A random tree through a random life; gives its trace, and throws where a promise of the supervisor is broken. */
async function live(seed: number): Promise<readonly string[]> {
  const random = seededRandom(seed);
  const clock = new VirtualClock();
  const trace: string[] = [];
  const child = (id: string) =>
    new FakeChild(id, {
      clock,
      stopMs: pick(random, [0, 0, 5, 40]),
      stop: pick(random, ["infinity", { timeoutMs: 50 }]),
      restart: pick(random, ["permanent", "transient", "temporary"]),
      ...(random.next() < 0.5 && {
        ready: (token) => clock.sleep(pick(random, [0, 3, 20]), token),
        startTimeoutMs: 10,
      }),
      ...(random.next() < 0.5 && { backoff: { initialMs: 10, factor: 2, maxMs: 80, jitter: "full" } }),
    });
  const children = Array.from({ length: 1 + Math.floor(random.next() * 6) }, (_, i) => child(`c${i}`));
  const supervisor = new Supervisor({
    clock,
    random,
    intensity,
    periodMs,
    strategy: pick(random, ["one-for-one", "one-for-all", "rest-for-one"]),
    stopOrder: pick(random, ["reverse", "together"]),
    children: children.map(({ spec }) => spec),
  });
  const restarts: number[] = [];
  const open = new Map<string, number>();
  supervisor.subscribe((event) => {
    trace.push(`${event.at} ${event.type} ${"id" in event ? event.id : ""}`);
    if (event.type === "child-restarting") restarts.push(event.at);
    if (event.type === "child-started") {
      expect(open.get(event.id) ?? 0, `${event.id} started while it runs`).toBe(0);
      open.set(event.id, 1);
    }
    if (event.type === "child-exited") open.set(event.id, 0);
  });
  const touched = new Set<string>();
  const answers: Promise<unknown>[] = [];
  const ask = (answer: Promise<unknown>) =>
    answers.push(
      answer.catch((error: unknown) => {
        expect(error).toBeInstanceOf(HoldfastError);
      }),
    );
  ask(supervisor.start());
  for (let i = 0; i < 40; i++) {
    const target = pick(random, children);
    const { id } = target.spec;
    const act = pick(random, [
      "crash",
      "crash",
      "complete",
      "fail",
      "stop",
      "restart",
      "delete",
      "add",
    ] as const);
    if (act === "crash" && target.isRunning) target.crash();
    if (act === "complete" && target.isRunning) target.complete();
    if (act === "fail") target.failStarts(1);
    if (act === "stop" || act === "delete" || act === "add") touched.add(id);
    if (act === "stop") ask(supervisor.stopChild(id));
    if (act === "restart") ask(supervisor.restartChild(id));
    if (act === "delete") ask(supervisor.deleteChild(id));
    if (act === "add") ask(supervisor.startChild(target.spec));
    await clock.advance(pick(random, [0, 0, 1, 7, 300]));
    for (const { live, spec } of children)
      expect(live.length, `${spec.id} runs twice`).toBeLessThanOrEqual(1);
  }
  // Every other life is stopped in the thick of it.
  if (seed % 2 === 0) {
    await clock.advance(2_000);
    for (const { id, restart, state } of supervisor.snapshot().children) {
      // Whom nobody asked to stop, and who is always restarted, has come back by now.
      if (supervisor.snapshot().state === "running" && restart === "permanent" && !touched.has(id)) {
        expect(state, id).toBe("running");
      }
    }
  }
  const asked = clock.monotonic();
  let timersAtEnd = 0;
  let ended = Number.POSITIVE_INFINITY;
  const stopping = supervisor.stop().then((exit) => {
    ended = clock.monotonic();
    timersAtEnd = clock.pending;
    return exit;
  });
  await clock.advance(5_000);
  // A change in hand may have to stop every child first, and a failed start its own; then the stop does.
  const worstMs = 50 * (2 * children.length + 1);
  expect(ended - asked).toBeLessThanOrEqual(worstMs);
  expect((await stopping).left).toEqual([]);
  expect(timersAtEnd).toBe(0);
  await Promise.all(answers);
  expect(children.filter(({ isRunning }) => isRunning)).toEqual([]);
  expect([...open.values()].filter(Boolean)).toEqual([]);
  expect(clock.pending).toBe(0);
  for (const [index, at] of restarts.entries()) {
    const window = restarts.slice(index).filter((later) => later - at <= periodMs);
    expect(window.length).toBeLessThanOrEqual(intensity);
  }
  return trace;
}

test("through 1,000 random lives: nothing runs twice, the intensity holds, every request is answered, a stop leaves nothing", async () => {
  const kinds = new Set<string>();
  for (let seed = 1; seed <= 1_000; seed++) {
    const trace = await live(seed).catch((error: unknown) => {
      throw new Error(`seed ${seed}`, { cause: error });
    });
    for (const line of trace) kinds.add(line.split(" ")[1] ?? "");
  }
  // Had the lives been dull, the promises would have been cheap.
  expect([...kinds].sort()).toEqual([
    "child-exited",
    "child-ready",
    "child-restarting",
    "child-started",
    "runtime-failed",
    "supervisor-stopped",
  ]);
});

test("the same seed lives the same life", async () => {
  expect(await live(42)).toEqual(await live(42));
});
