import { describe, expect, test } from "vitest";
import { commands } from "../src/command-line/commands.ts";
import { helpText } from "../src/command-line/help.ts";
import { remediesForOtherNames } from "../src/command-line/other-names.ts";
import { parseCommandLine } from "../src/command-line/parse.ts";
import { parseCount, parseSince, parseTimeout } from "../src/command-line/times.ts";
import { FakeCli } from "./fake-cli.ts";

const parsed = (...argv: readonly string[]) => {
  const request = parseCommandLine(argv);
  if (request.kind !== "run") return request.kind;
  return { command: request.command.name, names: request.names, options: request.options };
};

async function said(...argv: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  const cli = new FakeCli();
  const code = await cli.run(...argv);
  return { code, out: cli.stdout.text, err: cli.stderr.text };
}

describe("what is understood", () => {
  test("names, switches, values and lists", () => {
    expect(parsed("up", "-f", "a.yaml", "web", "--file=b.yaml", "-d", "db")).toEqual({
      command: "up",
      names: ["web", "db"],
      options: { file: ["a.yaml", "b.yaml"], detach: true },
    });
  });

  test("short switches can be joined, also with a value at the end", () => {
    expect(parsed("logs", "-fn5", "web")).toEqual({
      command: "logs",
      names: ["web"],
      options: { follow: true, lines: "5" },
    });
  });

  test("after -- everything is a name", () => {
    expect(parsed("stop", "--", "--json")).toMatchObject({ names: ["--json"], options: {} });
  });

  test.each([["--help"], ["-h"], ["help"], ["help", "up"], ["up", "--help"], ["up", "web", "-h"]])(
    "%s %s asks for help",
    (...argv) => {
      expect(parsed(...argv.filter((word) => word !== undefined))).toBe("help");
    },
  );

  test.each([["--version"], ["-V"]])("%s asks for the version", (...argv) => {
    expect(parsed(...argv)).toBe("version");
  });
});

describe("what is refused, with 2, and the way out named", () => {
  test.each([
    [["pss"], "there is no command pss", "did you mean ps?"],
    [["retsart", "web"], "there is no command retsart", "did you mean restart?"],
    [["list"], "there is no command list", "holdfast ps"],
    [["reload", "web"], "there is no command reload", "holdfast restart"],
    [["scale", "web=3"], "there is no command scale", "deploy.replicas"],
    [["startup"], "there is no command startup", "holdfast daemon unit"],
    [["monit"], "there is no command monit", "holdfast top"],
    [["frobnicate"], "there is no command frobnicate", "holdfast --help lists them"],
    [["ps", "--jsno"], "ps has no option --jsno", "did you mean --json?"],
    [["ps", "-x"], "ps has no option -x", "holdfast ps --help lists them"],
    [["logs", "-n"], "-n needs a value: N", "holdfast logs --help"],
    [["logs", "-n", "-f"], "-n needs a value: N", "holdfast logs --help"],
    [["up", "--detach=yes"], "--detach takes no value", "holdfast up --help"],
    [["down", "web"], "down does not take web", "holdfast down --help"],
    [["-f", "x", "up"], "-f stands before the command", "options come after the command"],
    [[], "no command was given", "holdfast --help"],
    [["daemon", "strat"], "daemon cannot strat", "did you mean start?"],
    [["stop"], "stop needs the name of an app", "holdfast stop --all"],
    [["stop", "web", "--timeout", "soon"], "--timeout soon is no time", "2.5"],
    [["logs", "--since", "yesterday"], "--since yesterday is no time", "10m"],
    [["logs", "--until", "later"], "--until later is no time", "10m"],
    [["logs", "--level", "loud"], "--level loud is no level", "trace, debug, info, warn, error, fatal"],
    [["logs", "--stream", "both"], "--stream both is no stream", "stdout, stderr"],
    [["logs", "-n", "few"], "-n few is no number", "all"],
    [["__proto__"], "there is no command __proto__", "holdfast --help"],
    [["ps", "--constructor"], "ps has no option --constructor", "holdfast ps --help"],
  ])("%j", async (argv, message, remedy) => {
    const { code, out, err } = await said(...argv);
    expect([code, out]).toEqual([2, ""]);
    expect(err.split("\n")[0]).toBe(`holdfast: ${message}`);
    expect(err.split("\n")[1]).toContain(remedy);
  });
});

test("a name that another such program has is no name of ours, and its way out names commands that there are", () => {
  const names = commands.map(({ name }) => name);
  for (const [name, remedy] of remediesForOtherNames) {
    expect(names).not.toContain(name);
    for (const [, command = ""] of remedy.matchAll(/holdfast ([a-z]+)/g)) expect(names).toContain(command);
  }
});

describe("help", () => {
  test("names every command once, and fits a terminal of 60 columns", () => {
    const lines = helpText(undefined, 60).split("\n");
    for (const { name } of commands) {
      expect(lines.filter((line) => line.startsWith(`  ${name} `))).toHaveLength(1);
    }
    for (const command of [undefined, ...commands]) {
      for (const line of helpText(command, 60).split("\n")) expect(line.length).toBeLessThanOrEqual(60);
    }
  });

  test("names every command, and fits 110 columns", async () => {
    const { code, out } = await said("--help");
    expect(code).toBe(0);
    for (const name of [
      "up",
      "down",
      "ps",
      "start",
      "stop",
      "restart",
      "logs",
      "events",
      "config",
      "daemon",
    ]) {
      expect(out).toMatch(new RegExp(`^  ${name} `, "m"));
    }
    expect(Math.max(...out.split("\n").map((line) => line.length))).toBeLessThanOrEqual(110);
  });

  test("of a command has its options", async () => {
    const { code, out } = await said("logs", "--help");
    expect(code).toBe(0);
    expect(out).toContain("usage: holdfast logs [OPTION]… [APP]…");
    expect(out).toContain("-n, --lines N");
    expect(out).toContain("    --since T");
  });

  test("the version is the package's", async () => {
    expect(await said("--version")).toMatchObject({ code: 0, out: "0.1.0\n" });
    expect((await said("version")).out).toBe("holdfast 0.1.0\n");
  });
});

describe("times", () => {
  test.each([
    ["2.5", 2_500],
    ["0", 0],
    ["500ms", 500],
    ["2m", 120_000],
  ])("--timeout %s", (text, ms) => {
    expect(parseTimeout(text)).toBe(ms);
  });

  const now = Date.parse("2030-01-31T12:00:00Z");
  test.each([
    ["10m", "2030-01-31T11:50:00.000Z"],
    ["2h30m", "2030-01-31T09:30:00.000Z"],
    ["1.5s", "2030-01-31T11:59:58.500Z"],
    ["3d", "2030-01-28T12:00:00.000Z"],
    ["2030-01-30T00:00:00Z", "2030-01-30T00:00:00.000Z"],
    ["2030-01-30T02:00:00+02:00", "2030-01-30T00:00:00.000Z"],
  ])("--since %s", (text, time) => {
    expect(parseSince(text, now)).toBe(time);
  });

  test.each(["10", "1y", "2030", "", "-5m", "2030-13-01"])("--since %j is refused", (text) => {
    expect(() => parseSince(text, now)).toThrow("is no time");
  });

  test("a count is a number or all", () => {
    expect([parseCount("-n", "0"), parseCount("-n", "100"), parseCount("-n", "all")]).toEqual([
      0,
      100,
      undefined,
    ]);
  });
});
