/** What every way of waking promises. A wake may be lost, so every test publishes until it has arrived. */
import type { WakeBus } from "@holdfast/relay/server";
import { systemClock } from "@holdfast/runtime";
import { describe, expect, onTestFinished, test } from "vitest";

export interface BusesUnderTest {
  /** Two that are to reach each other; the same one where there is but one process. */
  readonly one: WakeBus;
  readonly two: WakeBus;
}

const head = (seq: number) => ({ epoch: "e", seq });

export function wakeCompliance(
  name: string,
  open: () => Promise<BusesUnderTest>,
  needs: { readonly skip: string | undefined },
): void {
  const told = needs.skip === undefined ? "" : ` (skipped: needs ${needs.skip})`;
  describe.skipIf(needs.skip !== undefined)(`${name}${told}`, () => {
    const opened = async (): Promise<BusesUnderTest> => {
      const buses = await open();
      onTestFinished(async () => {
        await buses.one[Symbol.asyncDispose]();
        await buses.two[Symbol.asyncDispose]();
      });
      return buses;
    };

    test("what one publishes the other hears, and itself too", async () => {
      const { one, two } = await opened();
      await Promise.all([
        untilHeard(one, two, "alice"),
        untilHeard(two, one, "alice"),
        untilHeard(one, one, "bob"),
      ]);
    });

    test("a slot's listeners hear of that slot alone, whatever dots and dashes are in its name", async () => {
      const { one, two } = await opened();
      const names = ["a", "a.b", "a..b", "a.", "a-b", "a_b", "ab"];
      const heard: string[] = [];
      for (const slot of names) two.subscribe(slot, ({ seq }) => heard.push(`${slot}:${seq}`));
      await Promise.all(names.map((slot) => untilHeard(one, two, slot)));
      heard.length = 0;
      for (const [index, slot] of names.entries()) one.publish(slot, head(1_000 + index));
      await untilHeard(one, two, "last");
      const right = names.map((slot, index) => `${slot}:${1_000 + index}`);
      expect(heard.filter((each) => each.includes(":10")).filter((each) => !right.includes(each))).toEqual(
        [],
      );
    });

    test("all listeners of a slot hear of it; one that has left hears nothing more", async () => {
      const { one, two } = await opened();
      const heard: string[] = [];
      const leave = two.subscribe("a", () => heard.push("first"));
      two.subscribe("a", () => heard.push("second"));
      await untilHeard(one, two, "a");
      expect(new Set(heard)).toEqual(new Set(["first", "second"]));
      leave();
      leave();
      heard.length = 0;
      await untilHeard(one, two, "a");
      expect(new Set(heard)).toEqual(new Set(["second"]));
    });

    test("a slot that was left by all can be listened to again", async () => {
      const { one, two } = await opened();
      for (let round = 0; round < 3; round++) await untilHeard(one, two, "a");
    });

    test("it is ready; once it is closed, publishing and listening do no harm", async () => {
      const { one } = await opened();
      await one.ready();
      await one[Symbol.asyncDispose]();
      await one[Symbol.asyncDispose]();
      one.publish("a", head(1));
      one.subscribe("a", () => undefined)();
    });
  });
}

/** Publishes every few milliseconds until it was heard. */
export async function untilHeard(from: WakeBus, to: WakeBus, slot: string): Promise<void> {
  let isHeard = false;
  const leave = to.subscribe(slot, () => {
    isHeard = true;
  });
  for (let seq = 1; !isHeard; seq++) {
    from.publish(slot, head(seq));
    await systemClock.sleep(5);
  }
  leave();
}
