// Cases of OTP's supervisor_SUITE by name; how its words are meant here: ../README.md
import { expect, test } from "vitest";
import type { Strategy, Supervisor } from "../../../src/index.ts";
import type { FakeChild } from "../../../src/testing/index.ts";
import { fake, policies, setUp, states } from "../rig.ts";

const strategies: readonly Strategy[] = ["one-for-all", "one-for-one", "rest-for-one"];
const ends: Record<string, (supervisor: Supervisor, child: FakeChild) => Promise<void> | void> = {
  kill: (_supervisor, child) => child.crash(new Error("killed")),
  normal: (_supervisor, child) => child.complete(),
  abnormal: (_supervisor, child) => child.crash(),
  supervisor: (supervisor, child) => supervisor.stopChild(child.spec.id),
};

/** Who is started again by itself. Of the others, only a temporary child's spec is not kept. */
const comesBack = (restart: string, end: string) =>
  end !== "supervisor" && (restart === "permanent" || (restart === "transient" && end !== "normal"));

test.each(strategies)("do_not_save_child_specs_for_temporary_children: %s", async (strategy) => {
  for (const end of Object.keys(ends)) {
    const { supervisor, settle } = await setUp({ strategy, intensity: 10 });
    for (const restart of policies) {
      const child = fake(restart, { restart });
      await supervisor.startChild(child.spec);
      await ends[end]?.(supervisor, child);
      await settle();
      expect(child.isRunning, `${restart} after ${end}`).toBe(comesBack(restart, end));
      if (restart === "temporary") {
        await expect(supervisor.restartChild("temporary")).rejects.toMatchObject({ code: "CHILD_NOT_FOUND" });
        await supervisor.startChild(child.spec);
      } else {
        await expect(supervisor.startChild(child.spec)).rejects.toMatchObject({ code: "CHILD_EXISTS" });
        if (!comesBack(restart, end)) await supervisor.restartChild(restart);
      }
    }
    expect(states(supervisor)).toEqual(policies.map((restart) => `${restart} running`));
    await supervisor.stop();
  }
});
