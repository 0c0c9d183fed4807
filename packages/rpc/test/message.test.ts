import { existsSync, readdirSync, readFileSync } from "node:fs";
import { parseMessages } from "@holdfast/rpc";
import { describe, expect, test } from "vitest";

const deep = (depth: number): string => `${"[".repeat(depth)}1${"]".repeat(depth)}`;
const call = (params: string): string => `{"jsonrpc":"2.0","id":1,"method":"m","params":${params}}`;

function soleError(text: string): number | undefined {
  const parsed = parseMessages(text);
  if (parsed.kind !== "single" || parsed.message.kind !== "invalid") return undefined;
  return parsed.message.error.code;
}

describe("what a text may be", () => {
  test("nesting of 64 is read, of 65 refused", () => {
    expect(soleError(call(deep(63)))).toBeUndefined();
    expect(soleError(call(deep(64)))).toBe(-32700);
  });

  test("brackets within strings do not count as nesting", () => {
    expect(soleError(call(`["${"[".repeat(100)}\\"${"{".repeat(100)}"]`))).toBeUndefined();
    expect(soleError(call(`["\\\\",${deep(64)}]`))).toBe(-32700);
  });

  test("a depth of a million is refused in a moment", () => {
    expect(soleError("[".repeat(1_000_000))).toBe(-32700);
  });

  test("a text of 1 MiB is read, a byte more refused, counted in UTF-8", () => {
    const around = call('[""]').length;
    expect(soleError(call(`["${"x".repeat(1_048_576 - around)}"]`))).toBeUndefined();
    expect(soleError(call(`["${"x".repeat(1_048_577 - around)}"]`))).toBe(-32600);
    expect(soleError(call(`["${"€".repeat(400_000)}"]`))).toBe(-32600);
  });

  test("a batch of 100 is read, of 101 refused", () => {
    const batch = (size: number): string => `[${Array.from({ length: size }, () => call("[]")).join(",")}]`;
    expect(parseMessages(batch(100)).kind).toBe("batch");
    expect(soleError(batch(101))).toBe(-32600);
  });
});

describe("what a message may be", () => {
  test.each([
    ["a request", call("{}"), { kind: "request", id: 1, method: "m", params: {} }],
    [
      "a request whose id is null",
      '{"jsonrpc":"2.0","id":null,"method":"m"}',
      { kind: "request", id: null, method: "m", params: undefined },
    ],
    [
      "a notification",
      '{"jsonrpc":"2.0","method":"m","params":[1]}',
      { kind: "notification", method: "m", params: [1] },
    ],
    ["a result", '{"jsonrpc":"2.0","id":"a","result":null}', { kind: "result", id: "a", result: null }],
    [
      "a failure",
      '{"jsonrpc":"2.0","id":1,"error":{"code":-1,"message":"no"}}',
      { kind: "failure", id: 1, error: { code: -1, message: "no" } },
    ],
  ])("%s", (_, text, message) => {
    expect(parseMessages(text)).toEqual({ kind: "single", message });
  });

  test.each([
    '{"id":1,"method":"m"}',
    '{"jsonrpc":"1.0","id":1,"method":"m"}',
    '{"jsonrpc":"2.0","id":{},"method":"m"}',
    '{"jsonrpc":"2.0","id":true,"method":"m"}',
    '{"jsonrpc":"2.0","id":1,"method":null}',
    '{"jsonrpc":"2.0","id":1,"method":"m","params":1}',
    '{"jsonrpc":"2.0","id":1,"method":"m","params":null}',
    '{"jsonrpc":"2.0","id":1}',
    '{"jsonrpc":"2.0","id":1,"result":1,"error":{"code":1,"message":""}}',
    '{"jsonrpc":"2.0","id":1,"error":"no"}',
    '{"jsonrpc":"2.0","result":1}',
    "1",
    "null",
    '"text"',
  ])("%s is an invalid request", (text) => {
    expect(soleError(text)).toBe(-32600);
  });

  test("an invalid request keeps its id where it has one", () => {
    expect(parseMessages('{"jsonrpc":"2.0","id":7,"method":1}')).toMatchObject({ message: { id: 7 } });
  });
});

const vectors = new URL("../../../../shared/vectors/json/parsing/", import.meta.url);

describe.skipIf(!existsSync(vectors))("JSONTestSuite", () => {
  for (const name of existsSync(vectors) ? readdirSync(vectors) : []) {
    const text = readFileSync(new URL(encodeURIComponent(name), vectors), "utf8");
    const verdict = name.slice(0, 2);
    test(name, () => {
      const code = soleError(text);
      if (verdict === "n_") expect(code).toBe(-32700);
      else if (verdict === "y_") expect(code).not.toBe(-32700);
      else expect([undefined, -32700, -32600]).toContain(code);
    });
  }
});
