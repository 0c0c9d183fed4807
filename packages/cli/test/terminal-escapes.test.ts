import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { appRow, start } from "./app-row.ts";
import { escapes, harmIn } from "./escapes.ts";
import { FakeCli } from "./fake-cli.ts";
import { FakeDaemon } from "./fake-daemon.ts";

const all = escapes.map((sequence, index) => `${index}:${sequence}:`);
const line = (text: string, index: number) => ({
  project: "shop",
  name: "web",
  instance: 1,
  time: start,
  text,
  offset: index,
});

/** What a command printed on a terminal, on both outputs. */
async function printed(daemon: FakeDaemon, ...argv: readonly string[]): Promise<string> {
  const cli = new FakeCli({ home: daemon.home, terminal: true, columns: 10_000 });
  await cli.run(...argv);
  return cli.stdout.text + cli.stderr.text;
}

test("there are at least 300 of them, and the check finds each", () => {
  expect(new Set(escapes).size).toBeGreaterThanOrEqual(300);
  expect(escapes.filter((sequence) => harmIn(sequence) === undefined)).toEqual([]);
});

test("T8: no escape sequence in an app's output reaches the terminal through logs", async () => {
  await using daemon = await FakeDaemon.listen({ apps: [appRow({ name: "web" })], logs: all.map(line) });
  const text = await printed(daemon, "logs", "web");
  expect(text.split("\n").length).toBeGreaterThan(escapes.length);
  expect(harmIn(text)).toBeUndefined();
  expect(harmIn(await printed(daemon, "logs", "--json", "web"))).toBeUndefined();
  // `--raw` is for who wants all of it.
  expect(harmIn(await printed(daemon, "logs", "--raw", "web"))).toBeDefined();
});

test("T8: nor in what the daemon says of an app, through ps, events and errors", async () => {
  const apps = all.map((text, index) => appRow({ name: `a${index}`, lastError: text, state: "failed" }));
  await using daemon = await FakeDaemon.listen({
    apps,
    outcome: (_, name) => new Error(all[Number(name.slice(1))] ?? ""),
  });
  const table = await printed(daemon, "ps", "--all");
  expect(table).toContain("a300");
  expect(harmIn(table)).toBeUndefined();
  expect(harmIn(await printed(daemon, "ps", "--all", "--json"))).toBeUndefined();
  for (const { name } of apps.slice(0, 5)) daemon.change(name, "failed", { lastError: "x\u001b[2J" });
  expect(harmIn(await printed(daemon, "events", "--all", "--after", "0"))).toBeUndefined();
  const refused = await printed(daemon, "restart", ...apps.map(({ name }) => `shop/${name}`));
  expect(refused).toContain("300:");
  expect(harmIn(refused)).toBeUndefined();
});

test("T8: nor names that an app or a daemon gives itself, wherever they are printed", async () => {
  const apps = all.map((name) => appRow({ name, project: name, labels: { a: name } }));
  await using daemon = await FakeDaemon.listen({ apps, logs: [line("x", 0)] });
  for (const argv of [
    ["ps", "--all"],
    ["logs", "--all"],
    ["stop", "no\u001b[2Jne"],
    ["events", "--all"],
  ]) {
    expect([argv, harmIn(await printed(daemon, ...argv))]).toEqual([argv, undefined]);
  }
});

test("T8: nor what a manifest of a stranger's holds, through config, plan and its mistakes", async () => {
  const directory = mkdtempSync(join(tmpdir(), "holdfast-escapes-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const bad = JSON.stringify(escapes.join("").replaceAll(/[\ud800-\udfff\0]/g, ""));
  const manifests = [
    `name: shop\nservices:\n  web:\n    command: ["/bin/echo", ${bad}]\n    working_dir: ${bad}\n    environment: {A: ${bad}}\n`,
    `services:\n  ${bad}: {command: x}\n`,
    `services: {web: {command: x, ${bad}: 1}}\n`,
    `services: {web: {command: x, depends_on: [${bad}]}}\n`,
    `services: {web: {command: x, stop_signal: ${bad}}}\n`,
    `services: {web: {command: "\${A:?${bad.slice(1, -1)}}"}}\n`,
    "services: {web: \u001b[2J\u009b2J}\n",
  ];
  for (const manifest of manifests) {
    writeFileSync(join(directory, "holdfast.yaml"), manifest);
    for (const command of ["config", "plan", "up"]) {
      const cli = new FakeCli({ directory, home: join(directory, "home"), terminal: true });
      await cli.run(command);
      expect([manifest.slice(0, 60), command, harmIn(cli.stdout.text + cli.stderr.text)]).toEqual([
        manifest.slice(0, 60),
        command,
        undefined,
      ]);
    }
  }
});
