import { describe, expect, onTestFinished, test } from "vitest";
import { commands } from "../src/command-line/commands.ts";
import { completionLines } from "../src/completion/complete.ts";
import { wantedAt } from "../src/completion/wanted.ts";
import { appRow } from "./app-row.ts";
import { FakeCli } from "./fake-cli.ts";
import { FakeDaemon } from "./fake-daemon.ts";

describe("what is wanted", () => {
  test.each([
    ["", "words"],
    ["st", "words"],
    ["ps --", "words"],
    ["ps -", "words"],
    ["ps ", "apps"],
    ["ps --json ", "apps"],
    ["up -f ", "files"],
    ["up --file ", "files"],
    ["up --file=", "files"],
    // As bash hands it over.
    ["up --file = x", "files"],
    ["up --file = x ", "apps"],
    ["up -f holdfast.yaml ", "apps"],
    ["ps -p ", "projects"],
    ["ps --project-name=", "projects"],
    ["logs --since ", "nothing"],
    ["logs -- -", "apps"],
    ["logs --level ", "words"],
    ["logs --stream ", "words"],
    ["daemon ", "words"],
    ["daemon start ", "nothing"],
    ["completion ", "words"],
    ["help ", "words"],
    ["ps --node ", "nodes"],
    ["remote ", "words"],
    ["remote forget ", "nodes"],
    ["remote join ", "nothing"],
    ["relay ", "words"],
    ["relay invite ", "nothing"],
    ["frobnicate ", "nothing"],
    ["top ", "nothing"],
  ])("after %j are %s", (line, kind) => {
    expect(wantedAt(line.split(" "), commands).kind).toBe(kind);
  });

  test("an option that stands there is not offered again, unless it may be given several times", () => {
    const wanted = wantedAt(["up", "--detach", "-f", "x", "--"], commands);
    const values = wanted.kind === "words" ? wanted.candidates.map(({ value }) => value) : [];
    expect(values).toContain("--file");
    expect(values).toContain("--help");
    expect(values).not.toContain("--detach");
  });
});

async function completed(line: string): Promise<readonly string[]> {
  const daemon = await FakeDaemon.listen({
    apps: [
      appRow({ name: "db" }),
      appRow({ name: "web", instance: 1 }),
      appRow({ name: "web", instance: 2, state: "failed" }),
      appRow({ name: "web", project: "blog", group: "all" }),
      appRow({ name: "$(rm -rf x)" }),
    ],
  });
  onTestFinished(async () => await daemon[Symbol.asyncDispose]());
  const node = { key: "k", connections: 0, heard: null };
  daemon.remote = {
    ...daemon.remote,
    nodes: [
      { ...node, name: "server", role: null },
      { ...node, name: "tablet", role: "read" },
    ],
  };
  const cli = new FakeCli({ home: daemon.home });
  return (await completionLines(cli, line.split(" "))).map((text) => text.replace("\t", " "));
}

describe("candidates", () => {
  test("are the apps of the project with what they are, those of others by their project", async () => {
    expect(await completed("ps -p shop ")).toEqual([
      "db running",
      "web all its instances",
      "web.1 running",
      "web.2 failed",
      "blog/web running",
    ]);
    expect(await completed("stop -p blog w")).toEqual(["web running"]);
    expect(await completed("stop -p blog all")).toEqual(["all a group"]);
    expect(await completed("stop -p shop db web.")).toEqual(["web.1 running", "web.2 failed"]);
    expect(await completed("stop shop/d")).toEqual(["shop/db running"]);
  });

  test("are projects, commands and files", async () => {
    expect(await completed("ps -p b")).toEqual(["blog project"]);
    expect(await completed("ps --project-name=s")).toEqual(["shop project"]);
    expect((await completed("res")).map((line) => line.split(" ")[0])).toEqual(["restart"]);
    expect(await completed("up -f ho")).toEqual([":files"]);
  });

  test("are the machines that are known", async () => {
    expect(await completed("ps --node ")).toEqual(["server may do nothing here", "tablet may do read here"]);
    expect(await completed("remote grant t")).toEqual(["tablet may do read here"]);
    expect(await completed("remote p")).toEqual(["pair "]);
  });

  test("are none, in silence, where there is no daemon", async () => {
    const cli = new FakeCli();
    expect(await cli.run("__complete", "ps", "")).toBe(0);
    expect(await cli.run("__complete")).toBe(0);
    expect(cli.stderr.text).toBe("");
  });
});
