// Cases of OTP's supervisor_SUITE by name; how its words are meant here: ../README.md
import { expect, test } from "vitest";
import { CancelledError, type ChildSpec, type SupervisorEvent } from "../../../src/index.ts";
import { VirtualClock } from "../../../src/testing/index.ts";
import { endings, fake, hour, policies, pool, reasons, settledAfter, setUp, shutdown } from "../rig.ts";

const restarts = (events: readonly SupervisorEvent[]) =>
  events.filter(({ type }) => type === "child-restarting");

test("sup_stop_infinity: both have as long as they take, one after the other", async () => {
  const clock = new VirtualClock();
  const slow = { clock, stopMs: 24 * hour, stop: "infinity" } as const;
  const { supervisor, exits } = await setUp({ clock }, fake("child1", slow), fake("child2", slow));
  const stopping = supervisor.stop(shutdown);
  expect(await settledAfter(clock, stopping, 100 * hour)).toBe(48 * hour);
  expect((await stopping).left).toEqual([]);
  expect(exits()).toEqual(["child2 stopped", "child1 stopped"]);
});

test.each([
  ["sup_stop_timeout", {}],
  ["sup_stop_timeout_dynamic", pool],
])("%s: who sleeps past its deadline is killed, its sibling not", async (_name, options) => {
  const clock = new VirtualClock();
  const { supervisor, exits } = await setUp({ ...options, clock });
  const stop = { timeoutMs: 1_000 };
  await supervisor.startChild(fake("child1", { stop }).spec);
  await supervisor.startChild(fake("child2", { clock, stop, stopMs: 200_000 }).spec);
  const stopping = supervisor.stop(shutdown);
  expect(await settledAfter(clock, stopping, hour)).toBe(1_000);
  expect(await stopping).toEqual({ kind: "stopped", reason: shutdown, left: ["child2"] });
  expect(exits().sort()).toEqual(["child1 stopped", "child2 killed"]);
});

test("sup_stop_brutal_kill: one is not waited for at all, its sibling ends as it should", async () => {
  const clock = new VirtualClock();
  const child1 = fake("child1", { clock, stopMs: 500, stop: { timeoutMs: 1_000 } });
  const child2 = fake("child2", { clock, stopMs: 200_000, stop: "brutal" });
  const { supervisor, exits } = await setUp({ clock }, child1, child2);
  const stopping = supervisor.stop(shutdown);
  expect(await settledAfter(clock, stopping, hour)).toBe(500);
  expect((await stopping).left).toEqual([]);
  expect(exits()).toEqual(["child2 killed", "child1 stopped"]);
});

test("sup_stop_brutal_kill_dynamic: ten of ten are killed", async () => {
  const clock = new VirtualClock();
  const { supervisor, exits } = await setUp({ ...pool, clock });
  const ids = Array.from({ length: 10 }, (_, i) => `${i}`);
  const deaf = { clock, stopMs: Number.POSITIVE_INFINITY, restart: "temporary", stop: "brutal" } as const;
  for (const id of ids) await supervisor.startChild(fake(id, deaf).spec);
  expect(await settledAfter(clock, supervisor.stop(shutdown), hour)).toBe(0);
  expect(exits()).toEqual(ids.map((id) => `${id} killed`));
});

/** Three policies, four reasons. */
const twelve = () =>
  policies.flatMap((restart) =>
    reasons.map((reason) => ({ reason, child: fake(`${restart} ${reason}`, { restart }) })),
  );
const keptReasons = (children: ReturnType<typeof twelve>) =>
  children.map(({ reason, child }) => `${child.spec.id} ${endings[reason][1]}`).reverse();

test("sup_stop_race: twelve end by themselves while the stop runs; each reason is kept, nothing is started again", async () => {
  const clock = new VirtualClock();
  const children = twelve();
  const first = fake("child_a", { restart: "temporary" });
  const last = fake("child_z", { clock, restart: "temporary", stopMs: 1_000 });
  const fakes = [first, ...children.map(({ child }) => child), last];
  const { supervisor, events, exits } = await setUp({ clock }, ...fakes);
  const stopping = supervisor.stop(shutdown);
  await clock.advance(200);
  for (const { reason, child } of children) endings[reason][0](child);
  expect(await settledAfter(clock, stopping, hour)).toBe(800);
  expect(await stopping).toEqual({ kind: "stopped", reason: shutdown, left: [] });
  expect(exits()).toEqual(["child_z stopped", ...keptReasons(children), "child_a stopped"]);
  expect(restarts(events)).toEqual([]);
});

test("sup_stop_race: so do those that end in the very moment it is asked", async () => {
  const children = twelve();
  const { supervisor, events, exits } = await setUp({}, ...children.map(({ child }) => child));
  for (const { reason, child } of children) endings[reason][0](child);
  expect(await supervisor.stop(shutdown)).toEqual({ kind: "stopped", reason: shutdown, left: [] });
  expect(exits()).toEqual(keptReasons(children));
  expect(restarts(events)).toEqual([]);
});

test("sup_stop_non_shutdown_exit_dynamic: however members end when they are stopped, the stop does not fail", async () => {
  const ways: Record<string, (token: { throwIfCancelled(): void }) => unknown> = {
    normal: () => undefined,
    shutdown: (token) => token.throwIfCancelled(),
    "{shutdown,test}": () => {
      throw new CancelledError({ kind: "requested-by-run", message: "test" });
    },
    other: () => {
      throw new RangeError("other");
    },
  };
  for (const restart of policies) {
    const { supervisor, events, exits } = await setUp(pool);
    for (const [id, end] of Object.entries(ways)) {
      const start: ChildSpec["start"] = async ({ token }) => {
        await token.cancelled;
        end(token);
      };
      await supervisor.startChild({ id, restart, start });
    }
    expect(await supervisor.stop(shutdown)).toEqual({ kind: "stopped", reason: shutdown, left: [] });
    expect(exits().sort()).toEqual([
      "normal stopped",
      "other failed",
      "shutdown stopped",
      "{shutdown,test} stopped",
    ]);
    expect(restarts(events)).toEqual([]);
  }
});

test("child_unlink: a child that does not listen any more cannot hang the supervisor", async () => {
  const clock = new VirtualClock();
  const naughty = fake("naughty_child", {
    clock,
    stopMs: Number.POSITIVE_INFINITY,
    stop: { timeoutMs: 1_000 },
  });
  const { supervisor } = await setUp({ clock }, naughty);
  const stopping = supervisor.stopChild("naughty_child");
  const foo = fake("foo");
  const answered = supervisor.startChild(foo.spec);
  expect(await settledAfter(clock, answered, 5_000)).toBe(1_000);
  await stopping;
  expect([naughty.isRunning, foo.isRunning]).toEqual([true, true]);
  expect(supervisor.snapshot().children[0]).toMatchObject({ state: "stopped", lastExit: { kind: "killed" } });
  await supervisor.stop();
});
