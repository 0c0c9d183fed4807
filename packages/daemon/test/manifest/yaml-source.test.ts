import { describe, expect, test } from "vitest";
import { ownMs } from "../../../../test/checks/own-time.ts";
import { type Located, type LocatedMap, valueAt } from "../../src/manifest/located.ts";
import { ManifestError, ProblemList } from "../../src/manifest/problem.ts";
import { parseYaml } from "../../src/manifest/yaml-source.ts";

function parse(text: string): { root: Located | undefined; problems: readonly string[] } {
  const list = new ProblemList();
  const root = parseYaml("f.yaml", text, list);
  const problems = list.isEmpty ? [] : new ManifestError(list.all).message.split("\n");
  return { root, problems };
}

function plain(node: Located | undefined): unknown {
  if (node === undefined) return undefined;
  if (node.kind === "scalar") return node.value;
  if (node.kind === "list") return node.items.map(plain);
  return [...node.entries.values()].map((entry) => [entry.key, plain(entry.value)]);
}

function map(node: Located | undefined): LocatedMap {
  if (node?.kind !== "map") throw new TypeError("not a map");
  return node;
}

describe("reading", () => {
  test("every key and value knows its line and column", () => {
    const root = map(parse("a: 1\nb:\n  - x\n  - y: z\n").root);
    expect(root.location).toEqual({ file: "f.yaml", line: 1, column: 1 });
    expect(root.entries.get("b")?.keyLocation).toEqual({ file: "f.yaml", line: 2, column: 1 });
    const list = valueAt(root, "b");
    expect(list?.kind === "list" && list.items[1]?.location).toEqual({ file: "f.yaml", line: 4, column: 5 });
    expect(valueAt(root, "a")?.location).toEqual({ file: "f.yaml", line: 1, column: 4 });
  });

  test("a scalar keeps its text, its value and whether it was quoted", () => {
    const root = map(parse(`a: 1.10\nb: "1"\nc: 'x'\nd: yes\ne: ~\nf: True\ng: |\n  l\nh: 0x10\n`).root);
    const scalar = (key: string) => {
      const node = valueAt(root, key);
      return node?.kind === "scalar" ? [node.text, node.value, node.quoted] : undefined;
    };
    expect(scalar("a")).toEqual(["1.10", 1.1, false]);
    expect(scalar("b")).toEqual(["1", "1", true]);
    expect(scalar("c")).toEqual(["x", "x", true]);
    expect(scalar("d")).toEqual(["yes", "yes", false]);
    expect(scalar("e")).toEqual(["~", null, false]);
    expect(scalar("f")).toEqual(["True", true, false]);
    expect(scalar("g")).toEqual(["l\n", "l\n", true]);
    expect(scalar("h")).toEqual(["0x10", 16, false]);
  });

  test("an empty file, and one of comments alone, is null", () => {
    for (const text of ["", "# nothing\n", "---\n", "\uFEFF"]) {
      const { root, problems } = parse(text);
      expect([plain(root), problems]).toEqual([null, []]);
    }
  });

  test("an alias gives what its anchor marks, and a merge key lends what is not there", () => {
    const text = "x: &d {p: 1, q: 2}\ny: &e {q: 3, r: 4}\na:\n  <<: *d\n  p: 9\nb:\n  <<: [*e, *d]\nc: *d\n";
    const root = map(parse(text).root);
    expect(plain(valueAt(root, "a"))).toEqual([
      ["p", 9],
      ["q", 2],
    ]);
    expect(plain(valueAt(root, "b"))).toEqual([
      ["q", 3],
      ["r", 4],
      ["p", 1],
    ]);
    expect(plain(valueAt(root, "c"))).toEqual(plain(valueAt(root, "x")));
  });

  test("a key such as __proto__ is only a key", () => {
    const root = map(parse("__proto__: {polluted: 1}\nconstructor: 2\n").root);
    expect([...root.entries.keys()]).toEqual(["__proto__", "constructor"]);
    expect("polluted" in {}).toBe(false);
  });

  test("tags of the formats' own are kept", () => {
    const root = map(parse("a: !reset\nb: !override [1]\nc: !!str 1\n").root);
    expect([valueAt(root, "a")?.tag, valueAt(root, "b")?.tag, valueAt(root, "c")?.tag]).toEqual([
      "!reset",
      "!override",
      undefined,
    ]);
  });
});

describe("refusing", () => {
  test("a duplicate key is named with both its places", () => {
    expect(parse("a: 1\nb:\n  c: 1\n  c: 2\n").problems).toEqual([
      'f.yaml:4:3: the key "c" is here a second time; the first is at f.yaml:3:3',
    ]);
  });

  test.each([
    ["a: [1, 2\nb: 3\n", /^f\.yaml:2:1: not valid YAML: /],
    ["a: b: c\n", /^f\.yaml:1:4: not valid YAML: /],
    ['a: "x\nb: 1\n', /^f\.yaml:1:4: not valid YAML: /],
    ["a:\n\t- x\n", /^f\.yaml:2:1: not valid YAML: /],
    ["a: *nobody\n", /^f\.yaml:1:4: .*nobody/],
    ["a: 1\n---\nb: 2\n", /^f\.yaml:2:1: the file holds more than one YAML document/],
    ["? [a]\n: b\n", /^f\.yaml:1:3: a key must be a plain text, found a list/],
    ['a: "x\\0"\n', /^f\.yaml:1:4: a text cannot hold a NUL/],
    ["a: !mine 1\n", /^f\.yaml:1:10: the tag !mine is not known/],
    ["a: &a [*a]\n", /^f\.yaml:1:8: the alias \*a stands inside its own anchor/],
    ["a:\n  <<: 3\n", /^f\.yaml:2:7: a merge key takes a map or a list of maps, found the number 3/],
  ])("%j is refused with its place", (text, message) => {
    const { root, problems } = parse(text);
    expect(problems[0]).toMatch(message);
    expect(root).toBeUndefined();
  });

  test("an alias bomb is refused at once", () => {
    const rows = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"];
    for (let i = 1; i < 20; i += 1)
      rows.push(
        `a${i}: &a${i} [${Array(9)
          .fill(`*a${i - 1}`)
          .join(", ")}]`,
      );
    const started = ownMs();
    const { problems } = parse(rows.join("\n"));
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(
      /^f\.yaml:\d+:\d+: the aliases of this file stand for more than 100000 nodes/,
    );
    expect(ownMs() - started).toBeLessThan(1000);
  });

  test("a bomb made of merge keys is refused as well", () => {
    const rows = ["a0: &a0 {k: v, l: v}"];
    for (let i = 1; i < 20; i += 1) {
      rows.push(
        `a${i}: &a${i} {x: *a${i - 1}, y: *a${i - 1}, <<: [${Array(9)
          .fill(`*a${i - 1}`)
          .join(", ")}]}`,
      );
    }
    expect(parse(rows.join("\n")).problems[0]).toContain("the aliases of this file stand for");
  });

  test("many small aliases are no bomb", () => {
    const rows = ["x: &x {a: 1, b: 2}"];
    for (let i = 0; i < 2000; i += 1) rows.push(`s${i}: {<<: *x, c: *x}`);
    expect(parse(rows.join("\n")).problems).toEqual([]);
  });

  test("64 levels are read and more are refused, however many", () => {
    expect(parse(`${"[".repeat(64)}${"]".repeat(64)}`).problems).toEqual([]);
    expect(parse(`${"[".repeat(66)}${"]".repeat(66)}`).problems[0]).toContain("nested more than 64 deep");
    const started = ownMs();
    for (const text of [
      "[".repeat(300_000),
      "{a: ".repeat(200_000),
      "- ".repeat(300_000),
      "? ".repeat(300_000),
    ]) {
      expect(parse(text).problems).toHaveLength(1);
    }
    expect(ownMs() - started).toBeLessThan(3000);
  });

  test("a megabyte of nothing but small tokens is refused, and an ordinary one is read", () => {
    for (const text of ["- a\n".repeat(250_000), `[${"a,".repeat(500_000)}]`, "#\n".repeat(300_000)]) {
      expect(parse(text).problems[0]).toContain("the file holds too much YAML to be a manifest");
    }
    const service = (index: number) =>
      `  s${index}:\n    command: node server.js --port ${index}\n    restart: always\n`;
    const services = `services:\n${Array.from({ length: 3000 }, (_, index) => service(index)).join("")}`;
    expect(parse(services).problems).toEqual([]);
  });

  test("a text over 1 MiB is refused without being parsed", () => {
    const started = ownMs();
    expect(parse("a: 1\n".repeat(2_100_000)).problems).toEqual(["f.yaml:1:1: the file is larger than 1 MiB"]);
    expect(ownMs() - started).toBeLessThan(1000);
  });
});
