import { describe, expect, test } from "vitest";
import { formatProblem, ProblemList } from "../../src/manifest/problem.ts";
import { MapReader } from "../../src/manifest/reader.ts";
import { parseYaml } from "../../src/manifest/yaml-source.ts";

function reader(text: string): { read: MapReader; problems: () => readonly string[] } {
  const list = new ProblemList();
  const root = parseYaml("f.yaml", text, list);
  if (root?.kind !== "map") throw new TypeError("not a map");
  return { read: new MapReader(root, "services.web", list), problems: () => list.all.map(formatProblem) };
}

describe("right values", () => {
  test("each getter reads its type", () => {
    const { read, problems } = reader(
      `s: text\nt: 1.10\nb: yes\nc: "false"\ni: "12"\nd: 1m\nn: 5\no: always\nl: [a, 1]\nm: {A: 1, B: }\nr: {x: 1}\n`,
    );
    expect(read.string("s")).toBe("text");
    expect(read.text("t")).toBe("1.10");
    expect([read.boolean("b"), read.boolean("c")]).toEqual([true, false]);
    expect(read.integer("i")).toBe(12);
    expect([read.durationMs("d"), read.durationMs("n", 1000)]).toEqual([60_000, 5000]);
    expect(read.oneOf("o", ["no", "always"])).toBe("always");
    expect(read.textList("l")).toEqual(["a", "1"]);
    expect(read.stringMap("m")).toEqual({ A: "1", B: "" });
    expect(read.reader("r")?.path).toBe("services.web.r");
    read.finish();
    expect(problems()).toEqual([]);
  });

  test("an absent key and one with nothing after it are both undefined", () => {
    const { read, problems } = reader("a:\n");
    expect([read.string("a"), read.string("b"), read.has("a")]).toEqual([undefined, undefined, false]);
    expect(problems()).toEqual([]);
  });
});

describe("wrong values", () => {
  test.each<[string, (read: MapReader) => unknown, string]>([
    ["k: 1", (read) => read.string("k"), "must be a text, found the number 1"],
    ["k: true", (read) => read.string("k"), "must be a text, found the boolean true"],
    ["k: [a]", (read) => read.text("k"), "must be a text, found a list"],
    ["k: maybe", (read) => read.boolean("k"), 'must be true or false, found the text "maybe"'],
    ["k: 1.5", (read) => read.integer("k"), "must be a whole number, found the number 1.5"],
    ["k: two", (read) => read.integer("k"), 'must be a whole number, found the text "two"'],
    ["k: -1", (read) => read.integer("k", { min: 0 }), "must be at least 0, found the number -1"],
    [
      "k: 70000",
      (read) => read.integer("k", { max: 65535 }),
      "must be at most 65535, found the number 70000",
    ],
    [
      "k: 10",
      (read) => read.durationMs("k"),
      'must be a duration such as "10s" or "1m30s", found the number 10',
    ],
    ["k: b", (read) => read.textList("k"), 'must be a list, found the text "b"'],
    ["k: [a]", (read) => read.stringMap("k"), "must be a map, found a list"],
    ["k: [a]", (read) => read.reader("k"), "must be a map, found a list"],
    [
      "k: allways",
      (read) => read.oneOf("k", ["no", "always"]),
      'must be one of no, always, found the text "allways" (did you mean "always"?)',
    ],
  ])("%s: what was found and what is expected are told", (text, get, message) => {
    const { read, problems } = reader(text);
    expect(get(read)).toBeUndefined();
    expect(problems()).toEqual([`f.yaml:1:4: services.web.k ${message}`]);
  });

  test("in a list and a map the very element is named", () => {
    const { read, problems } = reader("l: [a, [b]]\nm: {A: {}}\n");
    read.textList("l");
    read.stringMap("m");
    expect(problems()).toEqual([
      "f.yaml:1:8: services.web.l[1] must be a text, found a list",
      "f.yaml:2:8: services.web.m.A must be a text, found a map",
    ]);
  });
});

describe("finish", () => {
  test("an unknown key is refused with the nearest known one, and an unsupported one by name", () => {
    const { read, problems } = reader("comand: x\nzzz: 1\nwatch: 1\nwatsh: 1\nx-mine: 1\ncommand: y\n");
    read.string("command");
    read.finish({ watch: "restart it by hand" });
    expect(problems()).toEqual([
      'f.yaml:1:1: services.web.comand: unknown key (did you mean "command"?)',
      "f.yaml:2:1: services.web.zzz: unknown key",
      "f.yaml:3:1: services.web.watch is not supported (restart it by hand)",
      'f.yaml:4:1: services.web.watsh: unknown key (did you mean "watch"?)',
    ]);
  });

  test("a known key is known even when its value was wrong", () => {
    const { read, problems } = reader("a: 1\nb: 2\n");
    read.string("a");
    read.accept("b");
    read.finish();
    expect(problems()).toHaveLength(1);
  });
});

test("no more than a hundred problems are kept, and none twice", () => {
  const list = new ProblemList();
  const location = { file: "f", line: 1, column: 1 };
  list.add("a", "x", location);
  list.add("a", "x", location);
  expect(list.all).toHaveLength(1);
  for (let index = 0; index < 500; index += 1) list.add("a", `${index}`);
  expect(list.all).toHaveLength(100);
});
