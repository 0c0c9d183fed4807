import { keyBytes, parsePublicKey, publicKey, toBase64Url } from "@holdfast/relay";
import { expect, test } from "vitest";
import { fromHex, smallOrderKeys } from "./small-order-keys.ts";

const whyOf = (use: () => unknown): unknown => {
  try {
    return use();
  } catch (error) {
    const { code, details } = error as { code?: string; details?: { why?: string } };
    return `${code} ${details?.why}`;
  }
};

test.each(smallOrderKeys)("W-10 the key of small order %s is refused when it is pinned", (hex) => {
  expect(whyOf(() => publicKey(fromHex(hex)))).toBe("BAD_KEY small-order");
  // What passed is remembered; what did not never is.
  for (let time = 0; time < 2; time++) {
    expect(whyOf(() => parsePublicKey(toBase64Url(fromHex(hex))))).toBe("BAD_KEY small-order");
  }
});

test("W-10 a key with a second spelling is refused, whichever of the 17 it is", () => {
  for (let low = 0xef; low <= 0xff; low++) {
    for (const top of ["7f", "ff"]) {
      const hex = low.toString(16) + "ff".repeat(30) + top;
      expect(whyOf(() => publicKey(fromHex(hex)))).toBe("BAD_KEY not-canonical");
    }
  }
});

test("W-10 half of all y are of no point, and are refused", () => {
  const ends = Array.from({ length: 64 }, (_, at) =>
    whyOf(() => publicKey(Uint8Array.of(at + 2, ...Array(31).fill(7)))),
  );
  const refused = ends.filter((end) => end === "BAD_KEY not-on-curve").length;
  expect(refused).toBeGreaterThan(15);
  expect(refused).toBeLessThan(49);
});

test("a key has one text, and the text gives its bytes back", () => {
  // RFC 8032, 7.1, test 1.
  const bytes = fromHex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
  const text = publicKey(bytes);
  expect(text).toHaveLength(43);
  expect(keyBytes(parsePublicKey(text))).toEqual(bytes);
  // The last character has two bits that stand for nothing; other spellings of it are refused.
  expect(whyOf(() => parsePublicKey(`${text.slice(0, -1)}p`))).toMatch("BAD_KEY");
  expect(whyOf(() => parsePublicKey(text.slice(1)))).toBe("BAD_KEY not-a-key");
  expect(whyOf(() => parsePublicKey(`${text.slice(0, -1)}=`))).toBe("BAD_KEY not-a-key");
  expect(whyOf(() => publicKey(bytes.subarray(1)))).toBe("BAD_KEY not-a-key");
});
