/**
 * Makes the pictures in docs/screenshots: each view, light and dark and on a phone, of a daemon that runs the two projects
 * in scripts/screenshots. `node scripts/screenshots.ts [VIEW…]`; it takes two minutes, most of them so that there is
 * something to see.
 */
import { mkdirSync, readFileSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { systemClock } from "@holdfast/runtime";
import { Rig } from "../packages/web/test/real/rig.ts";

const output = fileURLToPath(new URL("../docs/screenshots/", import.meta.url));
const read = (name: string): string => readFileSync(new URL(`screenshots/${name}`, import.meta.url), "utf8");

const views = {
  overview: "#/",
  app: "#/apps/shop/worker",
  graph: "#/graph",
  logs: "#/logs?app=shop%2Fweb&app=shop%2Fworker&app=shop%2Fdb",
  events: "#/events",
  system: "#/system",
} as const;

const looks = [
  { name: "light", scheme: "light", size: { width: 1180, height: 720 } },
  { name: "dark", scheme: "dark", size: { width: 1180, height: 720 } },
  { name: "phone", scheme: "light", size: { width: 390, height: 844 } },
] as const;

/** So long until there are crashes, samples and lines to see. */
const livelyMs = 75_000;
const drawnMs = 1_500;

const wanted = process.argv.slice(2);
mkdirSync(output, { recursive: true });
await using rig = await Rig.start({});
const files = { "service.pl": read("service.pl") };
await rig.apply("shop", read("shop.yaml"), files);
await rig.apply("search", read("search.yaml"), files);
await using watching = await rig.client
  .subscribe("stats.follow", {}, () => undefined)
  .then((subscription) => ({
    [Symbol.asyncDispose]: () => subscription.cancel(),
  }));
void watching;
await systemClock.sleep(livelyMs);
await rig.client.call("apps.stop", { targets: [{ project: "search", name: "legacy-importer" }] });
for (const { name, scheme, size } of looks) {
  const { page, complaints } = await rig.open({ scheme, size });
  for (const [view, at] of Object.entries(views)) {
    if (wanted.length > 0 && !wanted.includes(view)) continue;
    await rig.show(page, at);
    await systemClock.sleep(drawnMs);
    const path = `${output}${view}-${name}.png`;
    await page.screenshot({ path });
    console.log(`${view}-${name}.png ${Math.round(statSync(path).size / 1_024)} KiB`);
  }
  if (complaints.length > 0) console.error(complaints.join("\n"));
  await rig.closePages();
}
