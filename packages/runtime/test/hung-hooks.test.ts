// However many hooks and tasks hang, wherever: the stop ends by its one budget, and each of them is named.
import { expect, test } from "vitest";
import {
  describePending,
  type Hook,
  type Lifecycle,
  Service,
  type ServiceHandle,
  Supervisor,
  serviceChild,
} from "../src/index.ts";
import { FakeNode, VirtualClock } from "../src/testing/index.ts";
import { all, failure, hang, loop, setUp, user } from "./service-rig.ts";

const budgetMs = 1_000;
const hungSets = Array.from({ length: 31 }, (_, i) => all.filter((_hook, bit) => ((i + 1) >> bit) & 1));

/** Of the hooks that would hang, those that the service comes to: a hung start hook keeps it from all but `postStop`. */
function reached(hung: readonly Hook[]): readonly Hook[] {
  if (hung.includes("preStart")) return ["preStart", ...hung.filter((hook) => hook === "postStop")];
  if (hung.includes("onStart")) return hung.filter((hook) => hook === "onStart" || hook === "postStop");
  return hung;
}

test.each(hungSets)(
  "with %s %s %s %s %s hung the stop ends by its budget, each named with phase and age",
  async (...names) => {
    const hung = names.filter((name) => name !== undefined);
    const { clock, service, handle } = setUp(Object.fromEntries(hung.map((hook) => [hook, hang])));
    const failed = failure(service.start());
    await clock.advance(200);
    handle.requestShutdown(user);
    let at: number | undefined;
    void handle.waitForExit().then(() => {
      at = clock.monotonic() - 200;
    });
    await clock.advance(budgetMs);
    expect(at).toBeLessThanOrEqual(budgetMs);
    const { code, details, message } = await failed;
    expect(code).toBe("SHUTDOWN_DEADLINE_EXCEEDED");
    expect(details.pending?.map(({ phase, kind }) => `${kind} ${phase}`)).toEqual(
      reached(hung).map((hook) => `hook ${hook}`),
    );
    // What hung before the shutdown is older than it, what hung after is not.
    for (const { phase, ageMs } of details.pending ?? []) {
      if (phase.endsWith("Stop")) expect(ageMs).toBeLessThanOrEqual(budgetMs);
      else expect(ageMs).toBeGreaterThan(200);
    }
    expect(message).toContain(`did not stop in ${budgetMs} ms; ${reached(hung).length} left:`);
    expect(clock.pending).toBe(0);
  },
);

test("with a stop hook and a task of it hung last, the stop ends with its budget to the millisecond", async () => {
  const { clock, service, handle } = setUp({ run: hang, onStop: hang, postStop: hang });
  const failed = failure(service.start());
  await clock.advance(0);
  handle.requestShutdown(user);
  let ended = false;
  void failed.then(() => {
    ended = true;
  });
  await clock.advance(budgetMs - 1);
  expect(ended).toBe(false);
  await clock.advance(1);
  expect(ended).toBe(true);
});

test("who is asked while it hangs names phase, task and age, in lines for people", async () => {
  const { clock, node, service, handle } = setUp({ run: hang });
  service.start().catch(() => {});
  await clock.advance(0);
  node.contexts.run?.tasks.spawn("sync", loop, () => new Promise(() => {}));
  await clock.advance(61_250);
  handle.requestShutdown(user);
  await clock.advance(50);
  expect(handle.pending().map(describePending)).toEqual([
    "run: hook, 61.3 s",
    "tasks: background-loop sync, 61.3 s",
  ]);
  await clock.advance(budgetMs);
});

test.each([1, 2, 3, 4, 5])(
  "%d supervised services with a hung hook each end with the one budget of their supervisor",
  async (k) => {
    const clock = new VirtualClock();
    const handles: ServiceHandle[] = [];
    const hooks = (["run", "onStop", "postStop", "onStop", "run"] as const).slice(0, k);
    const supervisor = new Supervisor({
      clock,
      stopBudgetMs: budgetMs,
      children: hooks.map((hook, i) =>
        serviceChild(
          `service-${i}`,
          { clock, lifecycle: new FakeNode(clock, { [hook]: hang }), stopBudgetMs: budgetMs },
          { onHandle: (handle) => handles.push(handle) },
        ),
      ),
    });
    await supervisor.start();
    let at: number | undefined;
    let pending: readonly string[] = [];
    void supervisor.stop(user).then(() => {
      at = clock.monotonic();
      pending = handles.flatMap((handle) => handle.pending().map(({ phase }) => `${handle.name} ${phase}`));
    });
    await clock.advance(budgetMs);
    expect(at).toBeLessThanOrEqual(budgetMs);
    // The last was stopped first, and ended by its own budget, which was as long; the others were cut off.
    for (const [i, hook] of hooks.slice(0, -1).entries()) expect(pending).toContain(`service-${i} ${hook}`);
    const exit = await supervisor.done;
    expect(exit.left).toEqual(expect.arrayContaining(hooks.slice(0, -1).map((_, i) => `service-${i}`)));
    await clock.advance(2 * budgetMs);
    expect(clock.pending).toBe(0);
  },
);

test.each([1, 2, 3, 4, 5])(
  "in real time, with %d of hooks and tasks hung, the stop ends by its budget and 20 ms",
  async (k) => {
    const overMs: number[] = [];
    for (let i = 0; i < 3 && !overMs.some((ms) => ms <= 20); i++) {
      const left = ["postStop", "onStop", "run", "task a", "task b"].slice(0, k);
      const hook = (name: string) => (left.includes(name) ? new Promise<void>(() => {}) : Promise.resolve());
      const lifecycle: Lifecycle = {
        async run({ shutdown, tasks }) {
          for (const name of left.filter((each) => each.startsWith("task"))) {
            tasks.spawn(name, loop, () => new Promise(() => {}));
          }
          await shutdown.cancelled;
          await hook("run");
        },
        onStop: () => hook("onStop"),
        postStop: () => hook("postStop"),
      };
      const service = new Service({ name: "node", lifecycle, stopBudgetMs: 100 });
      const failed = failure(service.start());
      await service.handle().waitUntilRunning();
      const at = performance.now();
      service.handle().requestShutdown(user);
      const { details } = await failed;
      overMs.push(performance.now() - at - 100);
      expect(details.pending?.map(({ name }) => name).sort()).toEqual(left.sort());
    }
    expect(Math.min(...overMs)).toBeLessThanOrEqual(20);
  },
);
