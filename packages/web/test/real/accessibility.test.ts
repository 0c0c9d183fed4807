import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { Rig, whyNot } from "./rig.ts";
import { shop } from "./shop.ts";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const views = ["#/", "#/graph", "#/apps/shop/crasher", "#/apps/shop/pair", "#/logs", "#/events", "#/system"];

interface Found {
  readonly violations: readonly {
    readonly id: string;
    readonly help: string;
    readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[];
  }[];
}

describe.skipIf(whyNot !== undefined)(`everybody can use it (${whyNot ?? "needs chromium"})`, () => {
  let rig: Rig;
  beforeAll(async () => {
    rig = await Rig.start({ shop });
  });
  afterEach((context) => rig?.closePages(context));
  afterAll(() => rig?.[Symbol.asyncDispose]());

  for (const kind of ["light", "dark", "phone"] as const) {
    test(`axe finds nothing in any view, ${kind}`, async () => {
      const size = kind === "phone" ? { width: 390, height: 844 } : { width: 1280, height: 800 };
      const { page } = await rig.open({ scheme: kind === "dark" ? "dark" : "light", size });
      await page.locator("tr[data-instance]").first().waitFor();
      await page.evaluate(axe);
      const wrong: string[] = [];
      const look = async (where: string): Promise<void> => {
        const { violations } = await page.evaluate(() =>
          (
            globalThis as unknown as { axe: { run(context: unknown, options: unknown): Promise<Found> } }
          ).axe.run(document, {
            runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
          }),
        );
        for (const { id, nodes } of violations)
          wrong.push(`${where}: ${id}: ${nodes[0]?.html} ${nodes[0]?.failureSummary}`);
      };
      for (const at of views) {
        await rig.show(page, at);

        await look(at);
      }
      await rig.show(page, "#/");
      await page.keyboard.press("?");
      await page.getByRole("dialog").waitFor();
      await look("help");
      await page.keyboard.press("Escape");
      await rig.show(page, "#/apps/shop/pair");
      await page.getByRole("button", { name: "Remove…" }).click();
      await page.getByText("deletes the output").waitFor();
      await look("remove");
      expect(wrong).toEqual([]);
    }, 60_000);
  }

  test("the theme is the system's until one is chosen, in charts as well", async () => {
    const { page } = await rig.open({ scheme: "dark", at: "#/apps/shop/web" });
    await page.locator(".u-over").first().waitFor();
    const ground = (): Promise<string> =>
      page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
    /** A colour that a canvas does not understand leaves what is drawn black. */
    const strokes = (): Promise<readonly string[]> =>
      page.evaluate(() => {
        const canvas = document.querySelector("canvas");
        const pixels = canvas?.getContext("2d")?.getImageData(0, 0, canvas.width, canvas.height).data ?? [];
        const found = new Set<string>();
        for (let at = 0; at < pixels.length; at += 4)
          if ((pixels[at + 3] ?? 0) === 255) found.add([...pixels.slice(at, at + 3)].join());
        return [...found];
      });
    const choose = (theme: string): Promise<void> =>
      page.evaluate((chosen) => {
        document.documentElement.dataset["theme"] = chosen;
      }, theme);
    const [dark, light] = ["rgb(14, 20, 20)", "rgb(246, 247, 247)"];
    expect(await ground()).toBe(dark);
    await expect.poll(strokes).toContain("38,50,49");
    await choose("light");
    expect(await ground()).toBe(light);
    await expect.poll(strokes).toContain("221,225,226");
    expect(await strokes()).not.toContain("0,0,0");
    await page.emulateMedia({ colorScheme: "light" });
    await choose("dark");
    expect(await ground()).toBe(dark);
    await expect.poll(strokes).toContain("38,50,49");
  });

  test("the whole page is reached by keyboard, and the focus is seen", async () => {
    const { page } = await rig.open();
    await page.locator("tr[data-instance]").first().waitFor();
    await page.keyboard.press("Tab");
    await page.getByRole("button", { name: "Skip to the content" }).and(page.locator(":focus")).waitFor();
    await page.keyboard.press("Enter");
    await page.locator("main:focus").waitFor();
    await page.keyboard.press("j");
    await page.locator("tr[data-instance] a:focus").waitFor();
    expect(
      await page.evaluate(() => getComputedStyle(document.activeElement ?? document.body).outlineStyle),
    ).toBe("solid");
  });

  test("who wants no motion gets none", async () => {
    const { page } = await rig.open();
    await page.emulateMedia({ reducedMotion: "reduce" });
    await page.locator("tr[data-instance]").first().waitFor();
    const moving = await page.evaluate(
      () => document.getAnimations().filter((each) => each.playState === "running").length,
    );
    expect(moving).toBe(0);
  });
});
