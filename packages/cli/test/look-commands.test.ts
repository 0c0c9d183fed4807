import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { WhyLink } from "@holdfast/daemon/api";
import { describe, expect, onTestFinished, test } from "vitest";
import { makeStyle } from "../src/terminal/style.ts";
import { whyLines } from "../src/terminal/why-text.ts";
import { appRow } from "./app-row.ts";
import { FakeCli, type FakeCliOptions } from "./fake-cli.ts";
import { FakeDaemon, type FakeDaemonOptions } from "./fake-daemon.ts";

async function setUp(daemonOptions: FakeDaemonOptions = {}, cliOptions: FakeCliOptions = {}) {
  const daemon = await FakeDaemon.listen(daemonOptions);
  onTestFinished(async () => await daemon[Symbol.asyncDispose]());
  return { daemon, cli: new FakeCli({ home: daemon.home, ...cliOptions }) };
}

const local = (hours: number, minutes: number, seconds: number, day = 31): string =>
  new Date(2030, 0, day, hours, minutes, seconds).toISOString();

function link(text: string, time: string, more: Partial<WhyLink> = {}): WhyLink {
  return { seq: 1, time, text, origin: null, by: null, ...more };
}

const exit = { type: "exit", exit: { code: 1, signal: null }, afterMs: 800 } as const;
const chain = [
  link("exited with code 1 after 0.8 s", local(12, 3, 20), { origin: exit }),
  link("started after backoff", local(12, 3, 19)),
  link("… 3 more restarts like this", local(12, 3, 15), { seq: null }),
  link("up by uid 0", local(12, 3, 11, 30), { by: "uid 0" }),
];
const log = { project: "shop", instance: 1, time: local(12, 3, 20), offset: 0 };

describe("why", () => {
  const why = {
    app: appRow({ name: "web" }),
    text: "web is in backoff for 3.2 s more (attempt 4 of 10)",
    chain,
    lastLines: [{ ...log, name: "web", text: "Error: \u001b[2Jno database" }],
  };
  const plain = { style: makeStyle(false), now: Date.parse(local(12, 3, 21)) };

  test("tells the state, what led to it with local times, and the output before the exit", () => {
    expect(whyLines(why, plain)).toEqual([
      "web is in backoff for 3.2 s more (attempt 4 of 10)",
      "  12:03:20             ← exited with code 1 after 0.8 s",
      "  12:03:19             ← started after backoff",
      "                       ← … 3 more restarts like this",
      "  2030-01-30 12:03:11  ← up by uid 0",
      "",
      "Its output before it exited with code 1:",
      "  Error: no database",
    ]);
  });

  test("marks the lines of stderr where the streams are told apart", () => {
    const [line = { ...log, name: "web", text: "" }] = why.lastLines;
    const lastLines = [
      { ...line, stream: "stdout", text: "listening" } as const,
      { ...line, stream: "stderr", text: "no database" } as const,
    ];
    expect(whyLines({ ...why, lastLines }, plain).slice(-2)).toEqual(["  | listening", "  ! no database"]);
  });

  test("wraps with the words below each other, at 80 columns and less", () => {
    const text = `its readiness probe failed: ${"connection refused ".repeat(8).trim()}`;
    const lines = whyLines({ ...why, chain: [link(text, local(12, 3, 20))] }, { ...plain, width: 60 });
    expect(lines.every((line) => line.length <= 60)).toBe(true);
    expect(lines.slice(1, 3)).toEqual([
      "  12:03:20  ← its readiness probe failed: connection refused",
      "              connection refused connection refused",
    ]);
  });

  test("asks for the app that is meant, and prints what it was told with --json", async () => {
    const apps = [appRow({ name: "web" }), appRow({ name: "web", project: "blog" })];
    const { cli, daemon } = await setUp({ apps, chain });
    expect(await cli.run("why", "blog/web", "-n", "3", "--json")).toBe(0);
    expect(daemon.called("apps.why")).toEqual([{ project: "blog", name: "web", lines: 3 }]);
    expect(JSON.parse(cli.stdout.text)).toMatchObject([{ text: "web is running", chain, lastLines: [] }]);
    cli.stdout.text = "";
    expect(await cli.run("why", "shop/web")).toBe(0);
    expect(cli.stdout.text).toMatch(/^web is running\n.* ← exited with code 1 after 0\.8 s\n/);
  });

  test("a name that no app has is told with the nearest one, and none at all is a misuse", async () => {
    const { cli } = await setUp({ apps: [appRow({ name: "worker" })] });
    expect(await cli.run("why", "worke")).toBe(1);
    expect(cli.stderr.text).toContain("did you mean worker?");
    expect(await cli.run("why")).toBe(2);
    expect(cli.stderr.text).toContain("why needs the name of an app");
  });
});

describe("dashboard", () => {
  test("prints the URL where there is no display, and only that on stdout", async () => {
    const { cli, daemon } = await setUp();
    expect(await cli.run("dashboard", "--read-only")).toBe(0);
    expect(daemon.called("sessions.invite")).toEqual([{ role: "read" }]);
    expect(cli.stdout.text).toBe("http://127.0.0.1:1/#code=c\n");
    expect(cli.stderr.text).toContain("look and not touch");
  });

  test("opens it where there is one, unless it is only to be printed", async () => {
    const directory = mkdtempSync(join(tmpdir(), "holdfast-open-"));
    onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
    const opened = join(directory, "opened");
    writeFileSync(join(directory, "xdg-open"), `#!/bin/sh\necho "$1" >> ${opened}\n`);
    chmodSync(join(directory, "xdg-open"), 0o755);
    const variables = { DISPLAY: ":99", PATH: `${directory}:/bin:/usr/bin` };
    const { cli } = await setUp({}, { variables });
    expect(await cli.run("dashboard")).toBe(0);
    expect([readFileSync(opened, "utf8"), cli.stdout.text]).toEqual(["http://127.0.0.1:1/#code=c\n", ""]);
    expect(await cli.run("dashboard", "--print")).toBe(0);
    expect(readFileSync(opened, "utf8").split("\n")).toHaveLength(2);
    expect(cli.stdout.text).toBe("http://127.0.0.1:1/#code=c\n");
  });
});

describe("sessions", () => {
  const sessions = [
    { id: "1a2b3c4d", role: "read", since: local(12, 0, 0), until: local(12, 0, 1) },
  ] as const;

  test("lists who is logged in, as a table or JSON, and says so when nobody is", async () => {
    const { cli } = await setUp({ sessions });
    expect(await cli.run("sessions")).toBe(0);
    expect(cli.stdout.text).toMatch(/^ID +ROLE +SINCE +UNTIL\n1a2b3c4d +read +20/);
    cli.stdout.text = "";
    expect(await cli.run("sessions", "list", "--json")).toBe(0);
    expect(JSON.parse(cli.stdout.text)).toEqual(sessions);
    const { cli: nobody } = await setUp();
    expect(await nobody.run("sessions")).toBe(0);
    expect(nobody.stderr.text).toContain("holdfast dashboard lets one in");
  });

  test("revoke logs out each that is named; without a name, or with another word, it is a misuse", async () => {
    const { cli, daemon } = await setUp({ sessions });
    expect(await cli.run("sessions", "revoke", "1a2b3c4d", "x")).toBe(0);
    expect(daemon.called("sessions.revoke")).toEqual([{ id: "1a2b3c4d" }, { id: "x" }]);
    expect(await cli.run("sessions", "revoke")).toBe(2);
    expect(await cli.run("sessions", "forget")).toBe(2);
  });
});
