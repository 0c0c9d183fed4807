import { expect, test } from "vitest";
import { parseRoute, type Route, routeText } from "../src/routing/route.ts";

test.each<Route>([
  { view: "overview" },
  { view: "graph", project: null },
  { view: "graph", project: "a/b c" },
  { view: "app", project: "shop", name: "web?#/%" },
  { view: "logs", apps: [], text: "" },
  { view: "logs", apps: ["shop/web", "shop/db"], text: "a&b=#" },
  { view: "logs", apps: ["shop/web"], text: "", stream: "stderr" },
  { view: "events", app: "shop/web" },
  { view: "system" },
])("%j comes back from its own address", (route) => {
  expect(parseRoute(routeText(route))).toEqual(route);
});

test("a stream that is none is no filter", () => {
  expect(parseRoute("#/logs?stream=stdin")).toEqual({ view: "logs", apps: [], text: "" });
});

test.each(["", "#", "#/nowhere", "#/apps/only", "#/%E0%A4%A"])("%j is the overview", (fragment) => {
  expect(parseRoute(fragment)).toEqual({ view: "overview" });
});
