import { expect, test } from "vitest";
import { dependantsAmong } from "../../src/apps/dependencies.ts";
import type { Dependency } from "../../src/spec/app-spec.ts";

const started: Dependency = { condition: "service_started", required: true, restart: false };
const needing = (...names: readonly string[]) => ({
  dependsOn: Object.fromEntries(names.map((name) => [name, started])),
});
const shop = new Map([
  ["db", needing()],
  ["migrate", needing("db")],
  ["web", needing("migrate")],
  ["worker", needing("migrate", "web")],
]);

test("an app is stopped after all that need it, also by way of others", () => {
  expect(dependantsAmong(new Set(shop.keys()), shop)).toEqual(
    new Map([
      ["db", ["migrate", "web", "worker"]],
      ["migrate", ["web", "worker"]],
      ["web", ["worker"]],
      ["worker", []],
    ]),
  );
});

test("a database is not stopped under its users because the migration between them has completed", () => {
  expect(dependantsAmong(new Set(["db", "web"]), shop)).toEqual(
    new Map([
      ["db", ["web"]],
      ["web", []],
    ]),
  );
});
