import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Holdfast } from "./holdfast.ts";

const service = (name: string, rest = ""): string =>
  `  ${name}: { command: "echo hello; exec sleep 1000", environment: { HOLDFAST_E2E: "\${HOLDFAST_E2E}" }${rest} }\n`;
const manifest = `services:\n${service("db")}${service("web", ", depends_on: [db]")}`;

test("remove stops an app, deletes its logs and forgets it; the next up has it again", async () => {
  await using holdfast = new Holdfast({ "holdfast.yaml": manifest });
  expect(await holdfast.run("up", "-d")).toMatchObject({ code: 0 });
  const logs = (app: string): string => join(holdfast.home, "apps", "shop", app);
  expect([existsSync(logs("db")), existsSync(logs("web"))]).toEqual([true, true]);

  const refused = await holdfast.run("remove", "db");
  expect(refused.err).toContain("db is not removed: web needs it; remove web too");
  expect(refused.code).toBe(1);
  expect(await holdfast.run("remove", "web", "--keep-data")).toMatchObject({ code: 0, err: "web removed\n" });
  expect([existsSync(logs("db")), existsSync(logs("web"))]).toEqual([true, true]);
  expect((await holdfast.run("ps")).out).not.toContain("web");
  expect(await holdfast.run("remove", "web")).toMatchObject({ code: 1 });

  expect(await holdfast.run("up", "-d")).toMatchObject({ code: 0 });
  // What was kept is there again, and what is new stands behind it.
  expect((await holdfast.run("logs", "web")).out).toBe("hello\nhello\n");
  const removed = await holdfast.run("remove", "--all", "--json");
  expect(JSON.parse(removed.out)).toMatchObject([
    { kind: "remove", name: "db", state: "done" },
    { kind: "remove", name: "web", state: "done" },
  ]);
  expect([existsSync(logs("db")), existsSync(logs("web"))]).toEqual([false, false]);
  expect((await holdfast.run("ps", "--json")).out).toBe("[]\n");

  expect(await holdfast.run("up", "-d")).toMatchObject({ code: 0 });
  expect((await holdfast.run("logs", "web")).out).toBe("hello\n");
  expect(await holdfast.run("daemon", "stop")).toMatchObject({ code: 0 });
  expect(holdfast.processes()).toEqual([]);
});
