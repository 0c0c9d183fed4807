import { existsSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "@holdfast/runtime";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { Rig, until, whyNot } from "./rig.ts";
import { shop } from "./shop.ts";
import { row, state } from "./shop-rows.ts";

describe.skipIf(whyNot !== undefined)(`the overview, in a browser (${whyNot ?? "needs chromium"})`, () => {
  let rig: Rig;
  beforeAll(async () => {
    rig = await Rig.start({ shop });
  });
  afterEach((context) => rig?.closePages(context));
  afterAll(() => rig?.[Symbol.asyncDispose]());

  test("the overview shows every app with its state, health, figures and what it waits for", async () => {
    const { page, complaints } = await rig.open();
    await state(page, "web", "running");
    expect(await page.locator("tr[data-instance]").count()).toBe(9);
    await row(page, "db").getByText("healthy", { exact: true }).waitFor();
    await row(page, "waiting").getByText("for never to be healthy").waitFor();
    await row(page, "broken").getByText("Failed").waitFor();
    await page.locator('tr[data-instance="shop/pair/2"]').getByText("pair.2").waitFor();
    expect(complaints).toEqual([]);
  });

  test("the page comes packed, as it was built", async () => {
    const { page } = await rig.open();
    const reply = page.waitForResponse((response) => /\/assets\/index-.*\.js$/.test(response.url()));
    await page.reload();
    expect(await (await reply).headerValue("content-encoding")).toBe("br");
    await state(page, "web", "running");
  });

  test("filters and the search leave what is looked for", async () => {
    const { page } = await rig.open();
    await state(page, "web", "running");
    await page.keyboard.press("/");
    await page.keyboard.type("tier=front");
    await until("one row is left", async () => (await page.locator("tr[data-instance]").count()) === 1);
    await page.keyboard.press("Escape");
    await page.getByRole("searchbox").fill("no such app");
    await page.getByText("No app is like that.").waitFor();
    await page.getByRole("button", { name: "Show all 9" }).click();
    await page.getByRole("button", { name: /^In trouble/ }).click();
    await row(page, "broken").waitFor();
    expect(await row(page, "db").count()).toBe(0);
  });

  test("stop, start and restart do what they say, by mouse and by key", async () => {
    const { page } = await rig.open();
    await state(page, "web", "running");
    await page.getByRole("button", { name: "Stop web", exact: true }).click();
    await state(page, "web", "stopped");
    await row(page, "web").getByRole("link", { name: "web", exact: true }).focus();
    await page.keyboard.press("s");
    await state(page, "web", "running");
    const pid = (await rig.client.call("apps.get", { project: "shop", name: "web" }))[0]?.pid;
    await page.keyboard.press("r");
    await until("it is another process", async () => {
      const [web] = await rig.client.call("apps.get", { project: "shop", name: "web" });
      return web?.state === "running" && web.pid !== pid;
    });
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { level: 1, name: "web" }).waitFor();
  });

  test("a key that is pressed the moment a row changes is not swallowed, though the list is told later", async () => {
    const { page } = await rig.open();
    await state(page, "web", "running");
    // Time stands still on the page: what the list is told after a burst does not come.
    await page.clock.install();
    await page.clock.pauseAt(systemClock.now() + 1_000);
    await row(page, "web").getByRole("link", { name: "web", exact: true }).focus();
    await page.keyboard.press("q");
    await state(page, "web", "stopped");
    await page.keyboard.press("s");
    await state(page, "web", "running");
    await page.keyboard.press("s");
    await page.getByText("web was not asked to start.").waitFor();
    await page.getByText("It is running: there is nothing to start.").waitFor();
  });

  test("several apps are stopped at once, after a question", async () => {
    const { page } = await rig.open();
    await state(page, "db", "running");
    await page.getByRole("checkbox", { name: "Select pair", exact: true }).check();
    await page.getByRole("checkbox", { name: "Select pair.2" }).check();
    await page.getByRole("button", { name: "Stop 2" }).click();
    await page.getByRole("dialog", { name: "Stop 2 apps?" }).waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "hidden" });
    await page.getByRole("button", { name: "Stop 2" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Stop 2" }).click();
    await state(page, "pair", "stopped");
    await page.getByRole("button", { name: "Start 2", exact: true }).click();
    await state(page, "pair", "running");
  });

  test("an app is removed only once it was said what that destroys, and one that is needed stays", async () => {
    const manifest = (text: string): string =>
      `name: gone\nservices:\n${["base", "top", "spare"]
        .map(
          (name) =>
            `  ${name}:\n    command: sh -c 'echo ${name} writes; exec sleep 1000'\n    environment: { HOLDFAST_WEB_TEST: "$HOLDFAST_WEB_TEST" }\n${name === "top" ? text : ""}`,
        )
        .join("")}`;
    await rig.apply("gone", manifest("    depends_on: [base]\n"));
    const { page, complaints } = await rig.open({ at: "#/apps/gone/base" });
    const dialog = page.getByRole("dialog", { name: "Remove base?" });
    await page.getByRole("button", { name: "Remove…" }).click();
    await dialog.getByText(/deletes the output \(12 B\)/).waitFor();
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "hidden" });
    await page.getByRole("button", { name: "Remove…" }).click();
    await dialog.getByRole("button", { name: "Remove base" }).click();
    await page.getByText("base is not removed: top needs it").waitFor();
    const names = async () =>
      (await rig.client.call("apps.list", { project: "gone" })).map(({ name }) => name).toSorted();
    expect(await names()).toEqual(["base", "spare", "top"]);
    // Its output stays when that is wanted.
    await page.goto(`${page.url().split("#")[0]}#/apps/gone/spare`);
    await page.getByRole("heading", { level: 1, name: "spare" }).waitFor();
    await page.getByRole("button", { name: "Remove…" }).click();
    await page.getByRole("checkbox", { name: "Keep the output" }).check();
    await page.getByText("keeps the output (13 B)").waitFor();
    await page.getByRole("dialog").getByRole("button", { name: "Remove spare" }).click();
    await page.getByText("There is no spare in gone.").waitFor();
    expect(existsSync(join(rig.home, "apps/gone/spare/1.log"))).toBe(true);
    // Several at once, and their project with them.
    await page.goto(`${page.url().split("#")[0]}#/`);
    await page.getByRole("checkbox", { name: "Select base", exact: true }).check();
    await page.getByRole("checkbox", { name: "Select top", exact: true }).check();
    await page.getByRole("button", { name: "Remove 2…" }).click();
    await page
      .getByRole("dialog", { name: "Remove 2 apps?" })
      .getByRole("button", { name: "Remove 2 apps" })
      .click();
    await page.locator('tr[data-instance^="gone/"]').first().waitFor({ state: "detached" });
    await until("they are gone", async () => !existsSync(join(rig.home, "apps/gone/base")));
    expect(complaints).toEqual([]);
  });
});
