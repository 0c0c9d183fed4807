import type { CDPSession } from "playwright";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { Rig, until, whyNot } from "./rig.ts";

const count = 300;
const lines = 1_000_000;

const many = `name: many
services:
${Array.from({ length: count }, (_, index) => `  app-${index + 1}: { command: sleep 1000, environment: { HOLDFAST_WEB_TEST: "$HOLDFAST_WEB_TEST" } }`).join("\n")}
`;
const long = `name: long
services:
  writer:
    command: ["seq", "-f", "%.0f a line of a long log", "${lines}"]
    restart: "no"
    environment: { HOLDFAST_WEB_TEST: "$HOLDFAST_WEB_TEST" }
`;

/** At 50 pictures a second, each may take this long, of a processor: what else the machine does is not the page's. */
const budgetMs = 20;

describe.skipIf(whyNot !== undefined)(`much is no trouble (${whyNot ?? "needs chromium"})`, () => {
  let rig: Rig;
  beforeAll(async () => {
    rig = await Rig.start({ long, many });
    await until(
      "the log is written",
      async () => (await rig.client.call("apps.get", { project: "long" }))[0]?.state === "completed",
    );
  }, 60_000);
  afterEach((context) => rig?.closePages(context));
  afterAll(() => rig?.[Symbol.asyncDispose]());

  /** Scrolls for some frames; what the page's own work was in each, in ms of a processor, and how many there were in a second. */
  const scrolled = async (
    session: CDPSession,
    scroll: () => Promise<readonly number[]>,
  ): Promise<{ readonly workMs: number; readonly fps: number }> => {
    await session.send("Performance.enable", { timeDomain: "threadTicks" });
    const busyMs = async (): Promise<number> => {
      const { metrics } = await session.send("Performance.getMetrics");
      const names = ["ScriptDuration", "LayoutDuration", "RecalcStyleDuration"];
      return metrics
        .filter(({ name }) => names.includes(name))
        .reduce((sum, { value }) => sum + value * 1_000, 0);
    };
    const before = await busyMs();
    const frames = await scroll();
    const workMs = ((await busyMs()) - before) / frames.length;
    return { workMs, fps: (1_000 * frames.length) / frames.reduce((sum, each) => sum + each, 0) };
  };

  /** Runs in the page: moves what scrolls by so much with each frame, and tells how long each took. */
  const scrollBy = async ([selector, px]: readonly [string, number]): Promise<number[]> => {
    const pane = document.querySelector(selector) ?? document.documentElement;
    const frames: number[] = [];
    let last = performance.now();
    for (let frame = 0; frame < 120; frame++) {
      pane.scrollTop += frame < 60 ? px : -px;
      await new Promise(requestAnimationFrame);
      const now = performance.now();
      frames.push(now - last);
      last = now;
    }
    return frames;
  };

  test("300 apps scroll at 50 frames a second", async () => {
    const { page, complaints } = await rig.open();
    await until("all are there", async () => (await page.locator("tr[data-instance]").count()) === count + 1);
    const session = await page.context().newCDPSession(page);
    const { workMs, fps } = await scrolled(session, () => page.evaluate(scrollBy, ["html", 60] as const));
    console.log(`300 apps: ${workMs.toFixed(1)} ms of work in a frame, ${fps.toFixed(0)} frames a second`);
    expect(workMs).toBeLessThan(budgetMs);
    expect(complaints).toEqual([]);
  }, 60_000);

  test("a log of a million lines scrolls at 50 frames a second, and every part of it is reached", async () => {
    const { page, complaints } = await rig.open({ at: "#/logs?app=long%2Fwriter" });
    const pane = page.getByRole("region", { name: "Log lines" });
    const shown = async (): Promise<readonly number[]> =>
      (await page.locator(".log-text").allTextContents()).map((text) => Number.parseInt(text, 10));
    await until("the newest line is seen", async () => (await shown()).includes(lines));
    const session = await page.context().newCDPSession(page);
    const { workMs, fps } = await scrolled(session, () =>
      page.evaluate(scrollBy, [".log-pane", -150] as const),
    );
    console.log(
      `a million lines: ${workMs.toFixed(1)} ms of work in a frame, ${fps.toFixed(0)} frames a second`,
    );
    expect(workMs).toBeLessThan(budgetMs);
    for (const share of [0.5, 0.1, 0.9]) {
      await pane.evaluate((element, part) => {
        element.scrollTop = part * (element.scrollHeight - element.clientHeight);
      }, share);
      await until(`${share} of it is seen`, async () => {
        const numbers = await shown();
        return numbers.length > 0 && numbers.every((each) => Math.abs(each / lines - share) < 0.03);
      });
      const numbers = await shown();
      expect(numbers).toEqual(numbers.map((_, index) => (numbers[0] ?? 0) + index));
    }
    await pane.press("Home");
    await until("the first line is seen", async () => (await shown())[0] === 1);
    expect(await page.locator(".log-row").count()).toBeLessThan(200);
    await pane.press("End");
    await until("the newest line is seen again", async () => (await shown()).at(-1) === lines);
    expect(complaints).toEqual([]);
  }, 60_000);
});
