import { expect, test } from "vitest";
import { graphRows } from "../../src/top/graph-rows.ts";
import type { Dependency } from "../../src/top/model.ts";
import { appRow } from "../app-row.ts";

function needs(...apps: readonly string[]): readonly Dependency[] {
  return apps.map((app) => ({ app, condition: "service_healthy" }));
}

function picture(
  names: readonly string[],
  dependencies: Readonly<Record<string, readonly Dependency[]>>,
): readonly string[] {
  const rows = graphRows(
    names.map((name) => {
      const [app = "", instance = "1"] = name.split(".");
      return appRow({ name: app, instance: Number(instance) });
    }),
    new Map(Object.entries(dependencies).map(([name, all]) => [`shop/${name}`, all])),
  );
  return rows.map(({ branches, app, needs: all }) => {
    const others = all.slice(1);
    const also = others.length === 0 ? "" : ` + ${others.map((other) => other.app).join(", ")}`;
    return `${branches}${app.name}${also}`;
  });
}

test("each app stands below what it comes up after, and names what else it needs", () => {
  expect(
    picture(["web", "db", "worker", "cache", "migrate", "mail"], {
      migrate: needs("db"),
      web: needs("cache", "migrate", "db"),
      worker: needs("db"),
    }),
  ).toEqual(["cache", "db", "├─ migrate", "│  └─ web + cache, db", "└─ worker", "mail"]);
});

test("instances stand one below the other", () => {
  expect(picture(["web.2", "db", "web.1", "x"], { web: needs("db"), x: needs("web") })).toEqual([
    "db",
    "└─ web",
    "   web",
    "   └─ x",
  ]);
});

test("what it needs and is not shown counts for nothing", () => {
  expect(picture(["web"], { web: needs("db") })).toEqual(["web"]);
  expect(picture(["b", "a"], {})).toEqual(["a", "b"]);
});
