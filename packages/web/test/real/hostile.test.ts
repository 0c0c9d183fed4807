import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { Rig, whyNot } from "./rig.ts";

/** What would run if any of it were read as markup. */
const corpus = [
  "<script>hacked()</script>",
  "<img src=x onerror=hacked()>",
  '"><svg onload=hacked()>',
  "'-hacked()-'",
  "javascript:hacked()",
  "<iframe srcdoc='<script>parent.hacked()</script>'>",
  "{{constructor.constructor('hacked()')()}}",
  "</title><script>hacked()</script>",
  "\\u001b]8;;javascript:hacked()\\u0007link\\u001b]8;;\\u0007",
];

const quoted = corpus.map((each) => JSON.stringify(each).replaceAll("\\\\u", "\\u"));

const manifest = `name: hostile
services:
  victim:
    command: ["printf", "%s\\n", ${quoted.join(", ")}]
    restart: "no"
    environment: { HOLDFAST_WEB_TEST: "$HOLDFAST_WEB_TEST", NOTE: ${quoted[1]} }
    labels: { a: ${quoted[0]}, b: ${quoted[2]}, c: ${quoted[5]} }
  missing:
    command: [${quoted[1]}]
    restart: "no"
    environment: { HOLDFAST_WEB_TEST: "$HOLDFAST_WEB_TEST" }
`;

describe.skipIf(whyNot !== undefined)(`what apps say is text (${whyNot ?? "needs chromium"})`, () => {
  let rig: Rig;
  beforeAll(async () => {
    rig = await Rig.start({ hostile: manifest });
  });
  afterEach((context) => rig?.closePages(context));
  afterAll(() => rig?.[Symbol.asyncDispose]());

  test("nothing of a corpus in logs, labels, variables, commands and errors runs, in any view", async () => {
    const first = (): void => {
      Object.assign(globalThis, {
        hacked: () => (globalThis as unknown as { complain: (text: string) => void }).complain("it ran"),
      });
    };
    const { page, complaints } = await rig.open({ first });
    for (const at of [
      "#/",
      "#/graph",
      "#/apps/hostile/victim",
      "#/apps/hostile/missing",
      "#/logs",
      "#/events",
      "#/system",
    ]) {
      await rig.show(page, at);
    }
    await rig.show(page, "#/logs");
    await page.locator(".log-text").getByText("<script>hacked()</script>", { exact: true }).waitFor();
    await page.locator(".log-text").getByText("link", { exact: true }).waitFor();
    await rig.show(page, `#/apps/${encodeURIComponent("<img src=x onerror=hacked()>")}/x`);
    await page.getByText(/There is no x in/).waitFor();
    await rig.show(page, `#/logs?text=${encodeURIComponent("<img src=x onerror=hacked()>")}`);
    await page.locator("mark").first().waitFor();
    expect(await page.locator("script, iframe, img[src=x]").count()).toBe(
      await page.locator("head script").count(),
    );
    expect(complaints).toEqual([]);
  });

  test("an inline script is refused by the page's policy, so the listener for breaches does hear", async () => {
    const { page, complaints } = await rig.open();
    await page.evaluate(() => {
      const script = document.createElement("script");
      script.textContent = "globalThis.planted = true";
      document.body.append(script);
    });
    await expect.poll(() => complaints.some((text) => text.startsWith("policy: script-src"))).toBe(true);
    expect(await page.evaluate(() => "planted" in globalThis)).toBe(false);
  });
});
