// Cases of OTP's supervisor_SUITE by name; how its words are meant here: ../README.md
import { expect, test } from "vitest";
import { type ChildSpec, Supervisor, type SupervisorOptions, supervisorChild } from "../../../src/index.ts";
import { VirtualClock } from "../../../src/testing/index.ts";
import { counts, fake, policies, setUp, shutdown } from "../rig.ts";

const start = () => {};
const refusal = (spec: object, options: SupervisorOptions = {}) => {
  try {
    new Supervisor({ ...options, children: [spec as ChildSpec] });
    return undefined;
  } catch (error) {
    return error instanceof TypeError ? error.message : error;
  }
};

test("child_specs: each of six bad ones is refused with what is wrong, and all 96 good ones are accepted", async () => {
  const bad: [object, string][] = [
    [{ id: "child", start: "mfa" }, 'child "child": start must be a function'],
    [{ id: "child", start, restart: "prmanent" }, 'child "child": no restart prmanent'],
    [
      { id: "child", start, stop: { timeoutMs: -10 } },
      'child "child": stop must be { timeoutMs }, infinity or brutal',
    ],
    [{ id: "child", start, ready: "wrker" }, 'child "child": ready must be "told" or a function'],
    [{ id: "child", start, startTimeoutMs: -1 }, 'child "child": startTimeoutMs must be above 0'],
    [{ id: 1, start }, "child 1: id must be a string that is not empty"],
  ];
  const { supervisor } = await setUp();
  for (const [spec, message] of bad) {
    expect(refusal(spec)).toBe(message);
    expect(() => supervisor.startChild(spec as ChildSpec)).toThrow(message);
  }
  expect(() => supervisor.startChild("hej" as unknown as ChildSpec)).toThrow(TypeError);
  expect(counts(supervisor).specs).toBe(0);
  await supervisor.stop(shutdown);

  let accepted = 0;
  for (const restart of policies)
    for (const stop of [{ timeoutMs: 0 }, { timeoutMs: 1_000 }, "infinity", "brutal"] as const)
      for (const type of ["supervisor", "worker"])
        for (const ready of [undefined, "told", () => Promise.resolve(), async () => false] as const) {
          const more = { restart, stop, ...(ready && { ready }) };
          const spec =
            type === "worker" ? { id: "child", start, ...more } : supervisorChild("child", {}, more);
          expect(refusal(spec)).toBeUndefined();
          accepted++;
        }
  expect(accepted).toBe(96);
  const child = { id: "child", start };
  expect(() => new Supervisor({ children: [child, child] })).toThrow("two children are called child");
});

test("child_specs_map: of 7,200 combinations only a significant child that is permanent, or whose supervisor never ends for one, is refused", () => {
  expect(refusal({})).toContain("id must be a string");
  expect(refusal({ id: "child" })).toContain("start must be a function");
  expect(refusal({ start })).toContain("id must be a string");
  expect(refusal({ id: "child", start, significant: "maybe" })).toContain("significant must be a boolean");

  let combinations = 0;
  const wrong: string[] = [];
  const given = (all: object) =>
    Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
  for (const autoShutdown of [undefined, "never", "any-significant", "all-significant"] as const)
    for (const restart of [undefined, ...policies])
      for (const stop of [undefined, { timeoutMs: 0 }, { timeoutMs: 1_000 }, "infinity", "brutal"] as const)
        for (const ready of [undefined, "told", async () => {}] as const)
          for (const startTimeoutMs of [undefined, 1, 1_000, 60_000, Number.POSITIVE_INFINITY])
            for (const significant of [undefined, true, false])
              for (const dummy of [undefined, "dummy"]) {
                combinations++;
                const rest = given({ restart, stop, ready, startTimeoutMs, significant, dummy });
                const message = refusal({ id: "child", start, ...rest }, given({ autoShutdown }));
                const permanent = (restart ?? "permanent") === "permanent";
                const expected =
                  significant && permanent
                    ? 'child "child": a permanent child cannot be significant'
                    : significant && autoShutdown === "never"
                      ? "child child: significant means nothing when autoShutdown is never"
                      : undefined;
                if (message !== expected) wrong.push(`${JSON.stringify(rest)}: ${String(message)}`);
              }
  expect([combinations, wrong]).toEqual([7_200, []]);
});

test("child_specs_map: a significant child cannot be added to one that never ends for it either", async () => {
  const { supervisor } = await setUp({ autoShutdown: "never" });
  const spec = fake("child", { restart: "transient", significant: true }).spec;
  expect(() => supervisor.startChild(spec)).toThrow("significant means nothing");
  expect(counts(supervisor).specs).toBe(0);
  await supervisor.stop();
});

test("sup_flags: a wrong strategy, intensity, period or auto-shutdown is refused, an unknown flag ignored", async () => {
  const infinity = Number.POSITIVE_INFINITY;
  const wrong: [object, string][] = [
    [{ strategy: "none_for_one" }, "strategy must be one of"],
    [{ intensity: infinity }, "intensity must be a whole number from 0, not Infinity"],
    [{ intensity: -1 }, "intensity must be a whole number from 0, not -1"],
    [{ intensity: 1.5 }, "intensity must be a whole number from 0, not 1.5"],
    [{ periodMs: 0 }, "periodMs must be above 0 and finite, not 0"],
    [{ periodMs: infinity }, "periodMs must be above 0 and finite, not Infinity"],
    [{ periodMs: Number.NaN }, "periodMs must be above 0 and finite, not NaN"],
    [{ autoShutdown: "sometimes" }, "autoShutdown must be one of"],
  ];
  for (const [flags, message] of wrong) expect(() => new Supervisor(flags)).toThrow(message);
  for (const [flags] of wrong) expect(() => new Supervisor(flags)).toThrow(TypeError);

  const silly = { strategy: "one-for-one", intensity: 0, periodMs: 1, sillyFlag: true } as const;
  const { supervisor } = await setUp(silly);
  expect(await supervisor.stop(shutdown)).toMatchObject({ kind: "stopped" });
});

test("sup_flags: without any it is one for one, with three restarts within five seconds", async () => {
  const clock = new VirtualClock();
  const [child1, child2] = [fake("child1"), fake("child2")];
  const supervisor = new Supervisor({ clock, children: [child1.spec, child2.spec] });
  await supervisor.start();
  const crashes = async (count: number) => {
    for (let i = 0; i < count; i++) {
      child1.crash();
      await clock.advance(0);
    }
    return supervisor.snapshot().state;
  };
  expect(await crashes(3)).toBe("running");
  await clock.advance(5_001);
  expect(await crashes(3)).toBe("running");
  await clock.advance(5_000);
  expect(await crashes(1)).toBe("stopped");
  expect([child1.starts, child2.starts]).toEqual([7, 1]);
});
