import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { audited, auditFile } from "../../src/api/audit.ts";
import { methodTable } from "../../src/api/methods.ts";
import { usualWebhook } from "../../src/hooks/hook-spec.ts";
import { appSpec, probe, projectSpec } from "../fakes/app-spec.ts";
import { fakeDaemon } from "../fakes/fake-daemon.ts";

/** Each is a value that nobody may be told, wherever it stands in a manifest. */
const secrets = {
  byName: "hunter2-by-name",
  byUrl: "hunter2-in-a-url",
  byBearer: "hunter2-as-bearer",
  byOther: "hunter2-by-name",
  header: "hunter2-in-a-header",
  webhook: "hunter2-in-a-hook",
  plain: "hunter2-in-plain-sight",
} as const;

const environment = (plain: string): Readonly<Record<string, string>> => ({
  DB_PASSWORD: secrets.byName,
  DATABASE: `postgres://me:${secrets.byUrl}@db/shop`,
  HEADER: `Bearer ${secrets.byBearer}`,
  COPY: `prefix ${secrets.byOther} suffix`,
  PLAIN: plain,
});

const app = (plain: string) =>
  appSpec("web", {
    environment: environment(plain),
    healthcheck: {
      ...probe,
      action: {
        kind: "http",
        url: "http://127.0.0.1:1/",
        method: "GET",
        headers: { Authorization: secrets.header },
      },
    },
  });

test("T14: no secret of a manifest is told by any method, event or log, by its name or by its value", async () => {
  const directory = mkdtempSync(join(tmpdir(), "holdfast-told-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const fake = fakeDaemon();
  const { daemon, clock, runner } = fake;
  const door = () => ({ invite: () => ({ url: "u" }), list: () => [], revoke: () => Promise.resolve() });
  const log = join(directory, "audit.log");
  const table = audited(
    methodTable(daemon, door),
    clock,
    auditFile(log, () => undefined),
  );
  fake.hooks.post = () => Promise.resolve({ kind: "failed", error: "ECONNREFUSED" });
  const hook = {
    name: "ops",
    url: `https://hooks.example/${secrets.webhook}`,
    ...usualWebhook,
    events: ["state"],
  };
  const spec = projectSpec([app(secrets.plain)], { webhooks: [hook] });
  const told: string[] = [];
  const ask = async (name: keyof typeof table, params: unknown): Promise<void> => {
    const method = table[name] as { call: (p: unknown, c: unknown) => unknown };
    const answer = Promise.resolve(method.call(params, { principal: "uid 7", subscribe: undefined })).catch(
      String,
    );
    await clock.advance(200);
    told.push(JSON.stringify(await answer) ?? "");
  };
  await ask("apps.apply", { spec });
  runner.last("web").end({ code: 1 });
  await clock.advance(60_000);
  // Every value becomes another one: that they differ is told, and not what they are.
  const changed = projectSpec([app("hunter2-changed")], { webhooks: [hook] });
  await ask("apps.plan", { spec: changed });
  await ask("apps.apply", { spec: changed });
  const target = { project: "shop", name: "web" };
  for (const name of ["apps.restart", "apps.stop", "apps.start"] as const)
    await ask(name, { targets: [target] });
  await ask("apps.list", {});
  await ask("apps.get", target);
  await ask("apps.why", target);
  await ask("operations.list", {});
  await ask("events.read", { last: 1_000 });
  await ask("webhooks.list", {});
  await ask("stats.read", {});
  await ask("system.describe", {});
  await ask("rpc.discover", {});
  await ask("apps.remove", { targets: [target], keepData: true });
  told.push(readFileSync(log, "utf8"), JSON.stringify(daemon.events.read(0)));
  const values = [...new Set(Object.values(secrets)), "hunter2-changed"];
  for (const value of values) expect(told.filter((text) => text.includes(value))).toEqual([]);
  expect(told.join("")).not.toContain("hunter2");
  // The look itself works: it is what was applied, and more than a few words were told.
  expect(JSON.stringify(spec)).toContain(secrets.plain);
  expect(told.join("").length).toBeGreaterThan(10_000);
});

test("T14: a description shows the variables of an app, and hides those that are or hold secrets", async () => {
  const { daemon, clock } = fakeDaemon();
  daemon.apply(projectSpec([app("in plain sight")]));
  await clock.advance(100);
  const text = JSON.stringify(daemon.views.describe({ project: "shop", name: "web" }));
  expect(text).not.toContain("hunter2");
});
