import type { Random } from "@holdfast/runtime";

/** Stands in a value for a number that JSON can carry and `JSON.stringify` cannot write: 1e999, which is read as Infinity. */
export const infinity = "@@1e999@@";

/** What somebody who means harm, or a broken program, puts where something else is expected. */
export const hostileValues: readonly unknown[] = [
  ...[null, true, false, 0, -0, -1, 0.5, 1e21, 1e308, -1e308, 2 ** 31, 2 ** 53, 2 ** 53 + 2, infinity],
  ...["", " ", "\0", "a\0b", "..", "../../../etc/passwd", "/", "/etc/passwd", "a/b", "x".repeat(10_000)],
  ...["__proto__", "constructor", "prototype", "toString", "hasOwnProperty", "valueOf", "then"],
  ...["$(touch /tmp/holdfast-was-here)", "`id`", "; id", "| id", "\n", "\r\n", `$\{HOME}`, "%s%n", "'\"\\"],
  ...["\u001b[2J", "\u009b2J", "\u202egnp.exe", "\ud800", "\udfff\ud800", "\ufeff", "🎉".repeat(100)],
  ...[
    [],
    {},
    [[]],
    [{}],
    Array(200).fill("a"),
    Array(50).fill({}),
    { length: 1e9 },
    JSON.parse('{"then":{}}') as unknown,
  ],
  JSON.parse('{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}') as unknown,
  nested(50),
];

/** A value with one part of it replaced, taken out, doubled, or given another name. */
export function mutated(value: unknown, random: Random): unknown {
  const hostile = pick(hostileValues, random);
  if (typeof value !== "object" || value === null || random.next() < 0.15) return hostile;
  if (Array.isArray(value)) {
    if (value.length === 0) return [hostile];
    const at = Math.floor(random.next() * value.length);
    return random.next() < 0.1
      ? [...value, ...value]
      : value.map((each, index) => (index === at ? mutated(each, random) : each));
  }
  const entries = Object.entries(value);
  const [name] = pick(entries, random) ?? ["x"];
  const chance = random.next();
  if (chance < 0.1) return fromEntries(entries.filter(([each]) => each !== name));
  if (chance < 0.2) return fromEntries([...entries, [String(pick(hostileValues, random)), hostile]]);
  return fromEntries(entries.map(([each, own]) => [each, each === name ? mutated(own, random) : own]));
}

/** As `Object.fromEntries`, also for `__proto__`. */
export function fromEntries(entries: Iterable<readonly [string, unknown]>): object {
  const made = {};
  for (const [name, value] of entries) {
    Object.defineProperty(made, name, { value, enumerable: true, configurable: true, writable: true });
  }
  return made;
}

/** JSON of a value, with every `infinity` written as the number that it stands for. */
export function wireText(value: unknown): string {
  return JSON.stringify(value).replaceAll(/"@@1e999@@"(?!:)/g, "1e999");
}

export function pick<T>(values: readonly T[], random: Random): T {
  return values[Math.floor(random.next() * values.length)] as T;
}

function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < depth; level++) value = level % 2 === 0 ? [value] : { a: value };
  return value;
}
