import { formatInvitation } from "@holdfast/relay";
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { openRelay } from "../../../relay/test/server/open-relay.ts";
import { Rig, until, whyNot } from "./rig.ts";
import { shop } from "./shop.ts";
import { row, state } from "./shop-rows.ts";

describe.skipIf(whyNot !== undefined)(`the views, in a browser (${whyNot ?? "needs chromium"})`, () => {
  let rig: Rig;
  beforeAll(async () => {
    rig = await Rig.start({ shop });
  });
  afterEach((context) => rig?.closePages(context));
  afterAll(() => rig?.[Symbol.asyncDispose]());

  test("an app's page tells why, its life, environment without secrets, exits and operations", async () => {
    const { page, complaints } = await rig.open({ at: "#/apps/shop/crasher" });
    await page.locator(".why-text").getByText("crasher").waitFor();
    await page.locator(".why .last-lines").getByText("going down").first().waitFor();
    await page.getByRole("img", { name: /Life of crasher: \d+ crashes/ }).waitFor();
    await page.getByText("exit 3").first().waitFor();
    const variables = page.locator(".variables");
    await variables.getByText("API_TOKEN").waitFor();
    expect(await variables.textContent()).not.toContain("s3cret");
    await variables.getByText("MODE").waitFor();
    await page.getByText("start", { exact: true }).first().waitFor();
    await page.locator(".chart canvas").first().waitFor();
    expect(complaints).toEqual([]);
  });

  test("an app that is gone has a page that says so", async () => {
    const { page } = await rig.open({ at: "#/apps/shop/nobody" });
    await page.getByText("There is no nobody in shop.").waitFor();
    await page.getByRole("link", { name: "See what there is" }).click();
    await row(page, "web").waitFor();
  });

  test("the probes of an app are shown with what they saw", async () => {
    const { page } = await rig.open({ at: "#/apps/shop/db" });
    await page
      .getByText(/^passed/)
      .first()
      .waitFor();
  });

  test("the graph shows what a blocked start waits for", async () => {
    const { page, complaints } = await rig.open({ at: "#/graph" });
    const blocked = page.locator(".react-flow__edge.blocking");
    await blocked.waitFor({ state: "attached" });
    await blocked.getByText("to be healthy").waitFor();
    await page.locator(".node").getByRole("link", { name: "waiting" }).click();
    await page.getByRole("heading", { level: 1, name: "waiting" }).waitFor();
    expect(complaints).toEqual([]);
  });

  test("in the graph no label of a need covers an app", async () => {
    const environment = 'environment: { HOLDFAST_WEB_TEST: "$HOLDFAST_WEB_TEST" }';
    const app = (name: string, ...needs: readonly string[]): string =>
      `  ${name}:\n    command: sleep 1000\n    ${environment}\n    depends_on: [${needs.join(", ")}]\n`;
    await rig.apply(
      "past",
      `name: past\nservices:\n${app("base")}${app("middle", "base")}${app("top", "middle", "base")}`,
    );
    const { page, complaints } = await rig.open({ at: "#/graph/past" });
    await page.locator(".react-flow__edge-text").nth(2).waitFor();
    const boxes = (what: string) =>
      page
        .locator(what)
        .evaluateAll((found) => found.map((each) => each.getBoundingClientRect().toJSON() as DOMRect));
    const [nodes, labels] = [await boxes(".node"), await boxes(".react-flow__edge-text")];
    expect([nodes.length, labels.length]).toEqual([3, 3]);
    for (const label of labels)
      for (const node of nodes) {
        const isBeside = label.right <= node.left || node.right <= label.left;
        expect(isBeside || label.bottom <= node.top || node.bottom <= label.top).toBe(true);
      }
    await rig.client.call("apps.remove", { targets: [{ project: "past" }] });
    expect(complaints).toEqual([]);
  });

  test("logs have colours, levels and a search, and can be copied", async () => {
    const { page, complaints } = await rig.open({ at: "#/logs?app=shop%2Fweb" });
    await page.locator(".log-text .ansi-1").getByText("red").first().waitFor();
    await page.getByLabel("Level").selectOption("error");
    await until("errors alone are left", async () => {
      const texts = await page.locator(".log-text").allTextContents();
      return texts.length > 0 && texts.every((text) => text.startsWith("error:"));
    });
    await page.getByRole("searchbox").fill("cart");
    await page.keyboard.press("Enter");
    await page.locator("mark").getByText("cart").first().waitFor();
    await page.getByRole("button", { name: "Copy" }).click();
    await page.getByText(/lines are on the clipboard/).waitFor();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toContain(
      "error: cannot find the cart",
    );
    const download = page.waitForEvent("download");
    await page.getByRole("button", { name: "Download" }).click();
    expect((await download).suggestedFilename()).toMatch(/^holdfast-.*\.log$/);
    expect(complaints).toEqual([]);
  });

  test("stderr is told apart where apps have it so, and the address keeps the filter", async () => {
    await rig.apply(
      "split",
      `name: split
services:
  two:
    command: sh -c 'echo out 38; echo err 38 >&2; echo out 39; echo err 39 >&2; exec sleep 1000'
    log: { split: true }
    environment: { HOLDFAST_WEB_TEST: "$HOLDFAST_WEB_TEST" }
  one:
    command: sh -c 'echo alone; exec sleep 1000'
    environment: { HOLDFAST_WEB_TEST: "$HOLDFAST_WEB_TEST" }
`,
    );
    const { page, complaints } = await rig.open({ at: "#/logs?app=split%2Ftwo&app=split%2Fone" });
    await page.getByText("err 39", { exact: true }).waitFor();
    const row = (line: string) => page.locator(".log-row", { hasText: line });
    expect(await row("err 39").locator(".log-stream").textContent()).toBe("err");
    expect(await row("out 39").locator(".log-stream").textContent()).toBe("");
    await page.getByLabel("Stream").selectOption("stderr");
    await page.getByText("out 39", { exact: true }).waitFor({ state: "hidden" });
    await page.getByText("err 39", { exact: true }).waitFor();
    expect(new URL(page.url()).hash).toContain("stream=stderr");
    await page.reload();
    await page.getByText("err 39", { exact: true }).waitFor();
    expect(await page.getByLabel("Stream").inputValue()).toBe("stderr");
    expect(await page.getByText("out 39", { exact: true }).count()).toBe(0);
    expect(await page.getByText("alone").count()).toBe(0);
    // Why has both, though their offsets are the same.
    await page.goto(`${page.url().split("#")[0]}#/apps/split/two`);
    await page
      .locator(".last-lines .log-row", { hasText: "err 38" })
      .getByText("err", { exact: true })
      .waitFor();
    await page.locator(".last-lines .log-row", { hasText: "out 38" }).waitFor();
    // One that does not tell them apart says how it could.
    await page.goto(`${page.url().split("#")[0]}#/logs?app=split%2Fone&stream=stderr`);
    await page.getByText("These apps write both streams into one log.").waitFor();
    expect(await page.getByText("log: { split: true }").count()).toBeGreaterThan(0);
    await page.getByLabel("Stream").selectOption("");
    await page.getByText("alone").waitFor();
    expect(await page.getByLabel("Stream").count()).toBe(0);
    expect(complaints).toEqual([]);
  });

  test("events are told as they come, with what they began with", async () => {
    const { page, complaints } = await rig.open({ at: "#/events" });
    await page.locator(".events").getByText("web is running").first().waitFor();
    await page.getByLabel("Kind").selectOption("operation");
    await page.locator(".events").getByText("start of web done").first().waitFor();
    expect(complaints).toEqual([]);
  });

  test("events are loaded as far back as they are kept, without a gap, while new ones come", async () => {
    const seen = async (): Promise<number> => (await rig.client.call("events.read", { last: 10_000 })).length;
    const [first] = await rig.client.call("events.read", { after: 0, limit: 1 });
    const targets = [{ project: "busy" }];
    const jobs = Array.from(
      { length: 60 },
      (_, at) => `  job${at}:\n    command: "true"\n    restart: "no"\n`,
    );
    await rig.apply("busy", `name: busy\nservices:\n${jobs.join("")}`);
    // The page begins with the last 2,000.
    while ((await seen()) < 2_600) {
      const operations = await rig.client.call("apps.start", { targets });
      await rig.client.call("operations.wait", { ids: operations.map(({ id }) => id) });
    }
    const { page, complaints } = await rig.open({ at: "#/events" });
    const more = page.locator(".more button");
    for (let press = 0; press < 40 && (await more.count()) > 0; press++) {
      await more.click();
      await page.waitForFunction(() => document.querySelector(".more button[aria-busy]") === null);
      if (press === 5) await rig.client.call("apps.start", { targets });
    }
    await page.getByText("This is as far back as events are kept.").waitFor();
    expect(await page.locator(".events li").count()).toBeGreaterThanOrEqual(2_600);
    const last = page.locator(".events li").last();
    expect(await last.locator("time").getAttribute("datetime")).toBe(first?.time);
    const all = await rig.client.call("events.read", { last: 10_000 });
    await until("each is there once", async () => (await page.locator(".events li").count()) === all.length);
    await rig.client.call("apps.remove", { targets });
    expect(complaints).toEqual([]);
  }, 60_000);

  test("the system is shown, and a browser can be signed out", async () => {
    const other = await rig.open();
    const { page, complaints } = await rig.open({ at: "#/system" });
    await page.getByText(rig.home, { exact: true }).waitFor();
    await page.getByText("this one").waitFor();
    const [id] = await other.page.evaluate(async () => [
      (await (await fetch("/session")).json()).id as string,
    ]);
    await page
      .locator(".sessions li", { hasText: id ?? "?" })
      .getByRole("button", { name: "Revoke" })
      .click();
    await page.getByRole("dialog").getByRole("button", { name: "Sign out" }).click();
    await page.getByText("That browser is signed out.").waitFor();
    await other.page.reload();
    await other.page.getByText("This browser is signed out.").waitFor();
    await page.getByRole("button", { name: "Let one in to look" }).click();
    expect(await page.locator(".invite-url").textContent()).toMatch(/#code=/);
    expect(complaints).toEqual([]);
  });

  test("the relay and other machines are shown, paired and forgotten", async () => {
    const relay = await openRelay();
    const invitation = async (slot: string): Promise<string> => {
      await relay.ask("POST", "/v1/slots", { token: relay.admin, body: { slot } });
      return formatInvitation({ url: relay.url, slot, token: await relay.mint({ scope: "admin", slot }) });
    };
    const { page, complaints } = await rig.open({ at: "#/system" });
    await page.getByText("This machine has joined no relay.").waitFor();
    await rig.client.call("remote.join", { invitation: await invitation("server") });
    await page.getByText("No machine is paired.").waitFor();
    await page.getByText(relay.url).waitFor();
    await page.getByLabel("Another machine").selectOption("operate");
    await page.getByRole("button", { name: "Pair", exact: true }).click();
    const code = (await page.locator(".invite-url").textContent()) ?? "";
    await page.keyboard.press("Escape");

    const second = await Rig.start({});
    onTestFinished(() => second[Symbol.asyncDispose]());
    await second.client.call("remote.join", { invitation: await invitation("laptop") });
    await second.client.call("remote.pair", { code });
    await page
      .locator(".machines li", { hasText: "laptop" })
      .getByText("may start, stop and restart here")
      .waitFor();
    await page.getByRole("button", { name: "Forget laptop" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Forget", exact: true }).click();
    await page.getByText("laptop is forgotten.").waitFor();
    await page.getByText("No machine is paired.").waitFor();
    expect((await rig.client.call("remote.status", {})).nodes).toEqual([]);
    await rig.client.call("remote.leave", {});
    await page.getByText("This machine has joined no relay.").waitFor();
    expect(complaints).toEqual([]);
  });

  test("a session that may only look has its buttons explained, and is refused nothing it can see", async () => {
    const { page } = await rig.open({ role: "read" });
    await page.getByText("Read-only").waitFor();
    const stop = page.getByRole("button", { name: "Stop db", exact: true });
    expect(await stop.getAttribute("aria-disabled")).toBe("true");
    expect(await stop.getAttribute("aria-description")).toContain("may look and not touch");
    await stop.click({ force: true });
    await rig.show(page, "#/apps/shop/db");
    await page.locator(".why-text").waitFor();
    expect((await rig.client.call("apps.get", { project: "shop", name: "db" }))[0]?.state).toBe("running");
  });

  test("a link that was used says what to do", async () => {
    const { page } = await rig.open();
    const { url } = await rig.client.call("sessions.invite", {});
    await page.context().clearCookies();
    await page.goto(url.replace(/code=.*/, "code=none"));
    await page.reload();
    await page.getByText("holdfast dashboard", { exact: true }).waitFor();
    await page.getByText(/This link did not work/).waitFor();
  });

  test("a phone has everything in its width", async () => {
    const { page } = await rig.open({ size: { width: 390, height: 844 } });
    await state(page, "db", "running");
    for (const at of ["#/", "#/apps/shop/crasher", "#/graph", "#/events", "#/system", "#/logs"]) {
      await rig.show(page, at);
      const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      expect([at, over]).toEqual([at, 0]);
    }
  });
});
