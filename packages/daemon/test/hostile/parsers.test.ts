// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the text under test is full of them
import { parseMessages } from "@holdfast/rpc";
import { describe, expect, test } from "vitest";
import { ownMs } from "../../../../test/checks/own-time.ts";
import { structuredFields } from "../../src/logs/structured-line.ts";
import { parseBytes } from "../../src/manifest/bytes.ts";
import { parseDotenv } from "../../src/manifest/dotenv.ts";
import { parseDuration } from "../../src/manifest/duration.ts";
import { interpolate } from "../../src/manifest/interpolate.ts";
import { needsShell } from "../../src/manifest/needs-shell.ts";
import { ProblemList } from "../../src/manifest/problem.ts";
import { expandEnv } from "../../src/manifest/process-compose/expand-env.ts";
import { parseGodotenv } from "../../src/manifest/process-compose/parse-godotenv.ts";
import { parseTemplate } from "../../src/manifest/process-compose/template-parse.ts";
import { parseForemanEnv } from "../../src/manifest/procfile/foreman-env.ts";
import { splitShellWords } from "../../src/manifest/shell-words.ts";
import { parseYaml } from "../../src/manifest/yaml-source.ts";
import { load, problemsOf, web } from "../manifest/project.ts";

const mebibyte = 1024 * 1024;
/** Of a processor: what else the machine does is no parser's. */
const mostMs = 50;
const filled = (part: string, end = ""): string =>
  part.repeat(Math.floor((mebibyte - end.length) / part.length)) + end;
const nothing = (): undefined => undefined;
const yaml = (text: string): unknown => parseYaml("x.yaml", text, new ProblemList());

/** The least of a few times, until one is short enough: what it takes, and not what the machine does beside it. */
function leastMs(work: () => unknown): number {
  let least = Number.POSITIVE_INFINITY;
  for (let times = 0; times < 10 && least > mostMs; times++) {
    const from = ownMs();
    try {
      work();
    } catch {
      // Refused is as good as read.
    }
    least = Math.min(least, ownMs() - from);
  }
  return least;
}

/** What made others' parsers slow: nesting, unclosed things, long runs of what could be one thing or another. */
const bombs: Readonly<Record<string, string>> = {
  "opening brackets": filled("["),
  "opening braces with keys": filled('{"a":'),
  "unclosed quotes": filled('"'),
  "a quote that never ends": filled("x", '"').split("").reverse().join(""),
  backslashes: filled("\\"),
  "dollars and braces": filled("${"),
  "nested defaults": filled("${A:-"),
  blanks: filled(" "),
  "blanks before the end of a line": filled(" \t", "x"),
  "equal signs": filled("="),
  digits: filled("9"),
  "letters that may be words": filled("a"),
  "dashes and blanks": filled("- "),
  "templates that open": filled("{{"),
};

const parsers: Readonly<Record<string, (text: string) => unknown>> = {
  "JSON-RPC": (text) => parseMessages(text),
  "a line of JSON": (text) => structuredFields(text),
  "a list of words": (text) => splitShellWords(text),
  "a look for a shell": (text) => needsShell(text),
  "variables in a value": (text) => interpolate(text, nothing),
  "an environment file": (text) => parseDotenv(".env", text, nothing, new ProblemList()),
  "process-compose's environment file": (text) =>
    parseGodotenv({ label: ".env", text }, {}, new ProblemList()),
  "process-compose's variables": (text) => expandEnv(text, () => ""),
  "process-compose's templates": (text) => parseTemplate(text),
  "foreman's environment file": (text) => parseForemanEnv(text),
  "a duration": (text) => parseDuration(text),
  "a size": (text) => parseBytes(text),
};

describe("T7: a mebibyte of what parsers stumble over is read or refused within 50 ms of a processor", () => {
  for (const [name, parse] of Object.entries(parsers)) {
    test(`T7: by the parser of ${name}`, () => {
      const slow = Object.entries(bombs)
        .map(([bomb, text]) => ({ bomb, ms: leastMs(() => parse(text)) }))
        .filter(({ ms }) => ms > mostMs);
      expect(slow).toEqual([]);
    });
  }

  const aliases = Array.from(
    { length: 30 },
    (_, index) => `a${index + 1}: &a${index + 1} [*a${index}, *a${index}]`,
  );
  test.each([
    ["aliases that double", `a0: &a0 [x, x]\n${aliases.join("\n")}\n`],
    ["lists in lists", filled("[")],
    ["maps in maps", filled("{a: ")],
    ["anchors", filled("&")],
    ["a key that never ends", filled("a")],
    ["blanks that may be an indentation", filled(" ")],
    ["tags", filled("!")],
    ["a quote that never ends", `a: "${filled("x").slice(4)}`],
  ])("T7: by the parser of YAML: %s", (_, text) => {
    expect(leastMs(() => yaml(text))).toBeLessThan(mostMs);
  });

  test("T7: pm2's CVE-2025-5891, arguments of 100,000 characters, has nothing to match here", () => {
    for (const text of [
      `${" ".repeat(100_000)}x`,
      `"${"a".repeat(100_000)}`,
      `${"'a' ".repeat(25_000)}'`,
      "\\ ".repeat(50_000),
    ]) {
      expect(leastMs(() => splitShellWords(text))).toBeLessThan(mostMs);
      expect(leastMs(() => needsShell(text))).toBeLessThan(mostMs);
    }
  });
});

describe("T7: names that every object has", () => {
  const names = ["__proto__", "constructor", "prototype", "toString", "hasOwnProperty"];

  test("T7: as services, variables, labels and webhooks they are names like others, and change no object", () => {
    for (const name of names) {
      const text = `services:\n  ${JSON.stringify(name)}: {command: x, environment: {${name}: polluted}, labels: {${name}: polluted}}\n`;
      if (/^[A-Za-z0-9_]/.test(name)) {
        const { apps, spec } = load(text);
        expect(Object.keys(spec.apps[0]?.environment ?? {})).toContain(name);
        expect(Object.getOwnPropertyDescriptor(spec.apps[0]?.labels ?? {}, name)?.value).toBe("polluted");
        expect(Object.hasOwn(apps, name)).toBe(true);
      }
    }
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
    expect(Object.getPrototypeOf({})).toBe(Object.prototype);
  });

  test("T7: pm2#6089, keys with a path in them, set nothing anywhere", () => {
    for (const path of ["__proto__.polluted", "constructor.prototype.polluted"]) {
      expect(problemsOf(web("command: x", `${path}: 1`))).toEqual([expect.stringContaining("unknown key")]);
      load(web("command: x", `environment: {${path}: '1'}`, `labels: {${path}: '1'}`));
      parseDotenv(".env", `${path}=1\n__proto__=1\n`, nothing, new ProblemList());
      expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
    }
  });
});
