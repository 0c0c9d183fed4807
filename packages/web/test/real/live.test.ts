import { systemClock } from "@holdfast/runtime";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { Rig, until, whyNot } from "./rig.ts";
import { shop } from "./shop.ts";

/** What the page notes of itself: when a text came, and when something was seen. Wall ms. */
interface Noted {
  readonly texts: { readonly at: number; readonly text: string }[];
  readonly seen: { readonly at: number; readonly state: string | null; readonly texts: number }[];
}

describe.skipIf(whyNot !== undefined)(`the page is as the daemon is (${whyNot ?? "needs chromium"})`, () => {
  let rig: Rig;
  beforeAll(async () => {
    rig = await Rig.start({ shop });
  });
  afterEach((context) => rig?.closePages(context));
  afterAll(() => rig?.[Symbol.asyncDispose]());

  /** Runs in the page: notes each text of its WebSocket before the page gets it, and each state of an app that is drawn. */
  const note = (): void => {
    const noted: Noted = { texts: [], seen: [] };
    Object.assign(globalThis, { noted });
    const { WebSocket: Real } = globalThis;
    class Noting extends Real {
      constructor(url: string | URL) {
        super(url);
        super.addEventListener("message", ({ data }) =>
          noted.texts.push({ at: Date.now(), text: String(data) }),
        );
      }
    }
    globalThis.WebSocket = Noting;
    new MutationObserver(() => {
      const shown = document.querySelector('tr[data-instance="shop/stubborn/1"] .state');
      const state = shown?.getAttribute("data-state") ?? null;
      if (state !== noted.seen.at(-1)?.state)
        noted.seen.push({ at: Date.now(), state, texts: noted.texts.length });
    }).observe(document, {
      subtree: true,
      childList: true,
      attributes: true,
      attributeFilter: ["data-state"],
    });
  };

  test("a state is on the page within 100 ms of its event, and the label before the reply is read", async () => {
    const { page, complaints } = await rig.open({ first: note });
    await page.locator('tr[data-instance="shop/stubborn/1"] [data-state="running"]').waitFor();
    await page.getByRole("button", { name: "Stop stubborn" }).click();
    await page
      .locator('tr[data-instance="shop/stubborn/1"]')
      .getByText(/[01] s of 3 s/)
      .waitFor();
    await page.locator('tr[data-instance="shop/stubborn/1"] [data-state="stopped"]').waitFor();
    const noted = await page.evaluate(() => (globalThis as unknown as { noted: Noted }).noted);
    const parsed = noted.texts.map(
      ({ text }) =>
        JSON.parse(text) as {
          id?: number;
          result?: unknown;
          params?: { event?: { time?: string; app?: { name: string; state: string } | null } };
        },
    );
    // Of the reply to apps.stop: the first result that is a list of operations.
    const reply = parsed.findIndex(
      ({ result }) =>
        Array.isArray(result) && result.some((each) => (each as { kind?: string }).kind === "stop"),
    );
    const lags: number[] = [];
    for (const state of ["stopping", "stopped"]) {
      const event = parsed.findLast(
        ({ params }) => params?.event?.app?.name === "stubborn" && params.event.app.state === state,
      );
      const shown = noted.seen.findLast((each) => each.state === state);
      if (event?.params?.event?.time === undefined || shown === undefined)
        throw new Error(`${state} was not seen`);
      lags.push(shown.at - Date.parse(event.params.event.time));
      if (state === "stopping") expect(shown.texts).toBeLessThanOrEqual(reply);
    }
    console.log(`from the event to the page: ${lags.join(" ms, ")} ms`);
    expect(reply).toBeGreaterThan(0);
    // What else the machine does may take its time: what the page can do is what it did once.
    expect(Math.min(...lags)).toBeLessThanOrEqual(100);
    expect(complaints).toEqual([]);
  });

  test("a daemon that is killed and comes back is caught up with in 2 s, without a gap and without a reload", async () => {
    const { page } = await rig.open({ first: note });
    await page.evaluate(() => Object.assign(globalThis, { stays: true }));
    const web = { project: "shop", name: "web" };
    // What else the machine does may take its time: what it can do is what it did once.
    let tookMs = Number.POSITIVE_INFINITY;
    for (let times = 0; times < 4 && tookMs > 2_000; times++) {
      await rig.client.call("apps.start", { targets: [web] });
      await page.locator('tr[data-instance="shop/web/1"] [data-state="running"]').waitFor();
      await rig.killDaemon();
      await page.getByText("Reconnecting…").waitFor();
      const stop = page.getByRole("button", { name: "Stop web", exact: true });
      expect(await stop.getAttribute("aria-description")).toContain("cannot be reached");
      await rig.startDaemon();
      const back = systemClock.monotonic();
      await page.getByText("Live", { exact: true }).waitFor();
      await rig.client.call("apps.stop", { targets: [web] });
      await page.locator('tr[data-instance="shop/web/1"] [data-state="stopped"]').waitFor();
      tookMs = systemClock.monotonic() - back;
      console.log(`right again ${Math.round(tookMs)} ms after the daemon was`);
    }
    expect(tookMs).toBeLessThan(2_000);
    expect(await page.evaluate(() => (globalThis as unknown as { stays?: boolean }).stays)).toBe(true);
    const drawn = (): Promise<readonly string[]> =>
      page
        .locator("tr[data-instance]")
        .evaluateAll((rows) =>
          rows.map(
            (each) =>
              `${each.getAttribute("data-instance")} ${each.querySelector(".state")?.getAttribute("data-state")}`,
          ),
        );
    await until("the page has what the list has", async () => {
      const list = await rig.client.call("apps.list", {});
      const wanted = list
        .filter(({ name }) => name !== "crasher")
        .map(({ project, name, instance, state }) => `${project}/${name}/${instance} ${state}`);
      const shown = await drawn();
      return wanted.every((each) => shown.includes(each));
    });
  }, 60_000);
});
