import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { type AuditEntry, audited, auditFile } from "../../src/api/audit.ts";
import { methodTable } from "../../src/api/methods.ts";
import { type OwnMethod, schemas } from "../../src/api/params.ts";
import { isChange } from "../../src/api/table.ts";
import { appSpec, projectSpec } from "../fakes/app-spec.ts";
import { fakeDaemon } from "../fakes/fake-daemon.ts";

function rig() {
  const { daemon, clock } = fakeDaemon();
  const entries: AuditEntry[] = [];
  const table = audited(
    methodTable(daemon, () => ({
      invite: () => ({ url: "u" }),
      list: () => [],
      revoke: () => Promise.resolve(),
    })),
    clock,
    (entry) => entries.push(entry),
  );
  const call = async (name: OwnMethod, params: unknown, principal = "session 1"): Promise<unknown> => {
    const method = table[name] as { call: (p: unknown, c: unknown) => unknown };
    const result = Promise.resolve(method.call(params, { principal })).catch((error: unknown) => error);
    await clock.advance(10);
    return await result;
  };
  return { call, entries, daemon, clock };
}

test("T14: every change is written down with its principal, what it is about and what came of it", async () => {
  const { call, entries, daemon } = rig();
  const secret = "hunter2-hunter2";
  const spec = projectSpec([appSpec("web", { environment: { PASSWORD: secret } })]);
  await call("apps.apply", { spec }, "uid 7");
  const targets = [{ project: "shop", name: "web" }, { project: "shop" }];
  await call("apps.stop", { targets }, "token");
  await call("apps.start", { targets: [{ project: "none" }] });
  await call("apps.restart", { targets });
  await call("sessions.invite", { role: "read" });
  await call("sessions.revoke", { id: "1a" });
  await call("system.shutdown", { keepApps: true }, "uid 7");
  expect(entries.map(({ by, method, about, outcome }) => [by, method, about, outcome])).toEqual([
    ["uid 7", "apps.apply", ["shop"], "done"],
    ["token", "apps.stop", ["shop/web", "shop"], "done"],
    ["session 1", "apps.start", ["none"], "NOT_FOUND"],
    ["session 1", "apps.restart", ["shop/web", "shop"], "done"],
    ["session 1", "sessions.invite", ["read"], "done"],
    ["session 1", "sessions.revoke", ["1a"], "done"],
    ["uid 7", "system.shutdown", ["the apps run on"], "done"],
  ]);
  expect(JSON.stringify(entries)).not.toContain(secret);
  // What is told to others names who asked, and no value of a variable.
  expect(daemon.operations.list().map(({ by }) => by)).not.toContain(null);
  expect(daemon.events.read(0).find(({ type }) => type === "project")?.by).toBe("uid 7");
  expect(JSON.stringify([daemon.events.read(0), daemon.operations.list(), daemon.list()])).not.toContain(
    secret,
  );
});

test("T14: there is no method that changes something and is not written down", async () => {
  const { call, entries } = rig();
  const changes = (Object.keys(schemas) as OwnMethod[]).filter(isChange);
  expect(changes.length).toBeGreaterThanOrEqual(7);
  for (const name of changes) {
    const before = entries.length;
    await call(name, { spec: projectSpec([]), targets: [], id: "x" });
    expect([name, entries.length]).toEqual([name, before + 1]);
  }
  await call("apps.list", {});
  expect(entries).toHaveLength(changes.length);
});

test("T14: the file is ours alone, has one line of JSON for each, and does not grow for ever", () => {
  const directory = mkdtempSync(join(tmpdir(), "holdfast-audit-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const path = join(directory, "audit.log");
  const errors: unknown[] = [];
  const write = auditFile(path, (error) => errors.push(error), 1_000);
  const entry = { time: "t", by: "uid 1", method: "apps.stop", about: ["a\nb\u001b[2J"], outcome: "done" };
  for (let index = 0; index < 100; index++) write(entry);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  for (const file of [path, `${path}.1`]) {
    const lines = readFileSync(file, "utf8").trimEnd().split("\n");
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(lines.map(() => entry));
    expect(statSync(file).size).toBeLessThan(1_200);
  }
  expect(errors).toEqual([]);
  auditFile(join(directory, "no", "such"), (error) => errors.push(error))(entry);
  expect(errors).toHaveLength(1);
});
