import { expect, test } from "vitest";
import { LineDecoder } from "../src/socket/line-decoder.ts";

const bytes = new TextEncoder().encode("one\n\nsmørrebrød 🦞\nlast");

test.each([1, 2, 3, 7, 100])("lines come whole out of chunks of %i bytes", (size) => {
  const decoder = new LineDecoder(100);
  const lines: string[] = [];
  for (let at = 0; at < bytes.length; at += size) {
    const { lines: found, overflow } = decoder.push(bytes.subarray(at, at + size));
    expect(overflow).toBe(false);
    lines.push(...found);
  }
  expect(lines).toEqual(["one", "", "smørrebrød 🦞"]);
  expect(decoder.push(Uint8Array.of(10)).lines).toEqual(["last"]);
});

test("a line of exactly the limit passes, one byte more does not, and what came before is kept", () => {
  const line = (length: number): Uint8Array => new TextEncoder().encode(`a\n${"x".repeat(length)}\n`);
  expect(new LineDecoder(5).push(line(5))).toEqual({ lines: ["a", "xxxxx"], overflow: false });
  expect(new LineDecoder(5).push(line(6))).toEqual({ lines: ["a"], overflow: true });
});

test("a line that never ends overflows without its newline", () => {
  const decoder = new LineDecoder(10);
  expect(decoder.push(new Uint8Array(10).fill(65)).overflow).toBe(false);
  expect(decoder.push(new Uint8Array(1).fill(65)).overflow).toBe(true);
});
